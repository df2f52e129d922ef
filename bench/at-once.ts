import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Certificates, makeCertificates } from '../test/test-bed/certificates.ts'

const AT_ONCE = 200
/** In one measurement, so that its time is long beside a stray pause. */
const WAVES = 3
const PAIRS = 21
const WARM_UP_PAIRS = 3
const ANSWER = JSON.stringify({ samples: [], startAtMs: 1 })
const ANSWER_AFTER_MS = 50
const CERTIFICATES = 'CERTIFICATES'

/** One invocation, to its answer. */
export type Invoke = () => Promise<unknown>

/** A function's address in another process, which answers every request after 50 ms. */
export interface Live {
  readonly url: string
  readonly ca: string
}

/** @param compare - in this process, with the other one live */
export async function withAnswers(compare: (live: Live) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'netfair-bench-'))
  const certificates = await makeCertificates(folder)
  const env = { ...process.env, [CERTIFICATES]: JSON.stringify(certificates) }
  const server = spawn(process.execPath, [import.meta.filename], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [port] = (await once(server.stdout, 'data')) as [Buffer]
    await compare({ url: `https://127.0.0.1:${Number(port)}/`, ca: certificates.ca })
  } finally {
    server.kill()
    await rm(folder, { recursive: true })
  }
}

/** 200 at once of both, by turns: wall time and CPU of this process, as ratios of pairs. */
export async function compareAtOnce(name: string, ours: Invoke, bare: Invoke): Promise<void> {
  const ratios: Cost[] = []
  for (let pair = -WARM_UP_PAIRS; pair < PAIRS; pair++) {
    const costs = new Map<Invoke, Cost>()
    for (const invoke of pair % 2 === 0 ? [ours, bare] : [bare, ours]) costs.set(invoke, await costOf(invoke))
    const [mine, theirs] = [costs.get(ours), costs.get(bare)]
    if (pair >= 0 && mine && theirs) ratios.push({ wall: mine.wall / theirs.wall, cpu: mine.cpu / theirs.cpu })
  }
  for (const kind of ['wall', 'cpu'] as const) {
    const sorted = ratios.map((ratio) => ratio[kind]).toSorted((a, b) => a - b)
    const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(3)
    console.log(`${kind.padEnd(4)} ours ÷ ${name}, ${AT_ONCE} at once   median ${at(0.5)}   quartiles ${at(0.25)}–${at(0.75)}   (bar 1.1)`)
  }
}

interface Cost {
  readonly wall: number
  readonly cpu: number
}

async function costOf(invoke: Invoke): Promise<Cost> {
  const used = process.cpuUsage()
  const begun = performance.now()
  for (let wave = 0; wave < WAVES; wave++) await Promise.all(Array.from({ length: AT_ONCE }, invoke))
  const { user, system } = process.cpuUsage(used)
  return { wall: performance.now() - begun, cpu: user + system }
}

if (import.meta.main) {
  const { cert, key } = JSON.parse(process.env[CERTIFICATES] ?? '') as Certificates
  const server = createServer({ cert, key, keepAliveTimeout: 60_000 }, async (incoming, response) => {
    await text(incoming)
    await sleep(ANSWER_AFTER_MS)
    response.setHeader('content-type', 'application/json').end(ANSWER)
  })
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
}
