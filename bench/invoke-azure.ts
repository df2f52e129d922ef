/**
 * What `deployment.invoke` of azure() adds to a bare HTTPS request with the function key: 200 at once, wall time and CPU of this process.
 * The other side is a process that answers every request after 50 ms. Medians of alternating pairs.
 * `node bench/invoke-azure.ts`
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../src/providers/azure/connection.ts'
import { AzureDeployment } from '../src/providers/azure/deployment.ts'
import { createHttpsClient } from '../src/providers/azure/https-client.ts'
import { taskFor } from '../test/agent/task.ts'
import { type Certificates, makeCertificates } from '../test/test-bed/certificates.ts'

const AT_ONCE = 200
const PAIRS = 15
const task = taskFor({ iperf3: '127.0.0.1:5201', http: 'http://127.0.0.1:5202' })
const ANSWER = JSON.stringify({ samples: [], startAtMs: 1 })

if (process.env['CERTIFICATES'] !== undefined) serve(JSON.parse(process.env['CERTIFICATES']) as Certificates)
else await compare()

function serve({ cert, key }: Certificates): void {
  const server = createServer({ cert, key, keepAliveTimeout: 60_000 }, async (incoming, response) => {
    await text(incoming)
    await sleep(50)
    response.setHeader('content-type', 'application/json').end(ANSWER)
  })
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
}

async function compare(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'invoke-azure-'))
  const certificates = await makeCertificates(folder)
  const env = { ...process.env, CERTIFICATES: JSON.stringify(certificates) }
  const server = spawn(process.execPath, [import.meta.filename], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [port] = (await once(server.stdout, 'data')) as [Buffer]
    const live = { url: `https://127.0.0.1:${Number(port)}/api/probe`, key: 'k'.repeat(56) }
    await measure(oursTo(live, certificates.ca), bareTo(live, certificates.ca))
  } finally {
    server.kill()
    await rm(folder, { recursive: true })
  }
}

type Invoke = () => Promise<unknown>

function oursTo(live: { readonly url: string; readonly key: string }, ca: string): Invoke {
  const https = createHttpsClient({ url: live.url, ca })
  const deployment = new AzureDeployment(512, { https } as Connection, live, async () => {})
  return () => deployment.invoke(task, { repetition: 0, signal: new AbortController().signal })
}

function bareTo({ url, key }: { readonly url: string; readonly key: string }, ca: string): Invoke {
  const agent = new Agent({ keepAlive: true, ca })
  return () =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify(task)
      const headers = { 'x-functions-key': key, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
      request(url, { method: 'POST', agent, headers }, (response) => text(response).then(JSON.parse).then(resolve, reject))
        .on('error', reject)
        .end(body)
    })
}

async function measure(ours: Invoke, bare: Invoke): Promise<void> {
  const ratios: { readonly wall: number; readonly cpu: number }[] = []
  for (let pair = -2; pair < PAIRS; pair++) {
    const order = pair % 2 === 0 ? [ours, bare] : [bare, ours]
    const costs = new Map<Invoke, { wall: number; cpu: number }>()
    for (const invoke of order) costs.set(invoke, await costOf(invoke))
    const [mine, theirs] = [costs.get(ours), costs.get(bare)]
    if (pair >= 0 && mine && theirs) ratios.push({ wall: mine.wall / theirs.wall, cpu: mine.cpu / theirs.cpu })
  }
  for (const kind of ['wall', 'cpu'] as const) {
    const sorted = ratios.map((ratio) => ratio[kind]).toSorted((a, b) => a - b)
    const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(3)
    console.log(`${kind.padEnd(5)} ours ÷ bare, ${AT_ONCE} at once   median ${at(0.5)}   quartiles ${at(0.25)}–${at(0.75)}   (bar 1.1)`)
  }
}

async function costOf(invoke: Invoke): Promise<{ wall: number; cpu: number }> {
  globalThis.gc?.()
  const [from, used] = [performance.now(), process.cpuUsage()]
  await Promise.all(Array.from({ length: AT_ONCE }, invoke))
  const { user, system } = process.cpuUsage(used)
  return { wall: performance.now() - from, cpu: (user + system) / 1000 }
}
