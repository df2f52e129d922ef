/**
 * What `deployment.invoke` of azure() adds to a bare HTTPS request with the function key: 200 at once, wall time and CPU of this process.
 * The other side is a process that answers every request after 50 ms. Medians of alternating turns.
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
const PAIRS = 41
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
  const costs = new Map<Invoke, Cost[]>([
    [ours, []],
    [bare, []],
  ])
  for (let pair = -3; pair < PAIRS; pair++) {
    for (const invoke of pair % 2 === 0 ? [ours, bare] : [bare, ours]) {
      const cost = await costOf(invoke)
      if (pair >= 0) costs.get(invoke)?.push(cost)
    }
  }
  for (const kind of ['wall', 'cpu'] as const) {
    const [mine, theirs] = [ours, bare].map((invoke) => median((costs.get(invoke) ?? []).map((cost) => cost[kind])))
    const [a = Number.NaN, b = Number.NaN] = [mine, theirs]
    console.log(
      `${kind.padEnd(5)} ${AT_ONCE} at once: ours ${a.toFixed(1)} ms ÷ bare ${b.toFixed(1)} ms = ${(a / b).toFixed(3)}   (bar 1.1)`,
    )
  }
}

interface Cost {
  readonly wall: number
  readonly cpu: number
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

async function costOf(invoke: Invoke): Promise<Cost> {
  const [from, used] = [performance.now(), process.cpuUsage()]
  await Promise.all(Array.from({ length: AT_ONCE }, invoke))
  const { user, system } = process.cpuUsage(used)
  return { wall: performance.now() - from, cpu: (user + system) / 1000 }
}
