/**
 * What `deployment.invoke` of gcp() adds to an authenticated HTTPS request: 200 at once, wall time and CPU of this process. Compared with the
 * auth library's own `request`, and with `node:https` and the library's token. The other side is a process that answers every request after
 * 50 ms. Medians of alternating pairs.
 * `node bench/invoke-gcp.ts`
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
import { IdTokenClient } from 'google-auth-library'
import type { Connection } from '../src/providers/gcp/connection.ts'
import { GcpDeployment } from '../src/providers/gcp/deployment.ts'
import { httpsInvoker } from '../src/providers/gcp/invoker.ts'
import { taskFor } from '../test/agent/task.ts'
import { type Certificates, makeCertificates } from '../test/test-bed/certificates.ts'

const AT_ONCE = 200
const PAIRS = 11
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
  const folder = await mkdtemp(join(tmpdir(), 'invoke-gcp-'))
  const certificates = await makeCertificates(folder)
  const env = { ...process.env, CERTIFICATES: JSON.stringify(certificates) }
  const server = spawn(process.execPath, [import.meta.filename], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [port] = (await once(server.stdout, 'data')) as [Buffer]
    const live = { url: `https://127.0.0.1:${Number(port)}/`, ca: certificates.ca }
    await measure("the library's request", oursTo(live), libraryTo(live))
    await measure('node:https with its token', oursTo(live), bareTo(live))
  } finally {
    server.kill()
    await rm(folder, { recursive: true })
  }
}

type Invoke = () => Promise<unknown>
interface Live {
  readonly url: string
  readonly ca: string
}

function newSockets({ ca }: Live): Agent {
  return new Agent({ keepAlive: true, ca })
}

/** With a token of the usual size, good for an hour. */
function identity({ url }: Live, agent?: Agent): IdTokenClient {
  const claims = { aud: url, exp: Date.now() / 1000 + 3600, email: 'x'.repeat(60) }
  const token = ['h'.repeat(100), Buffer.from(JSON.stringify(claims)).toString('base64url'), 's'.repeat(342)].join('.')
  return new IdTokenClient({
    targetAudience: url,
    idTokenProvider: { fetchIdToken: async () => token },
    ...(agent !== undefined && { transporterOptions: { agent } }),
  })
}

function oursTo(live: Live): Invoke {
  const identityFor = async (): Promise<IdTokenClient> => identity(live)
  const connection = { sockets: newSockets(live), identityFor } as unknown as Connection
  const parts = { memoryMb: 512, invoke: httpsInvoker(connection, live.url), secrets: ['s'.repeat(32)], remove: async () => {} }
  const deployment = new GcpDeployment(parts)
  return () => deployment.invoke(task, { repetition: 0, signal: new AbortController().signal })
}

function libraryTo(live: Live): Invoke {
  const client = identity(live, newSockets(live))
  return () => client.request({ url: live.url, method: 'POST', data: task })
}

function bareTo(live: Live): Invoke {
  const client = identity(live)
  const agent = newSockets(live)
  return async () => {
    const authorization = (await client.getRequestHeaders()).get('authorization') ?? ''
    const body = JSON.stringify(task)
    const headers = { authorization, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    return new Promise((resolve, reject) => {
      request(live.url, { method: 'POST', agent, headers }, (response) => text(response).then(JSON.parse).then(resolve, reject))
        .on('error', reject)
        .end(body)
    })
  }
}

async function measure(name: string, ours: Invoke, bare: Invoke): Promise<void> {
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
    console.log(`${kind.padEnd(4)} ours ÷ ${name}, ${AT_ONCE} at once   median ${at(0.5)}   quartiles ${at(0.25)}–${at(0.75)}   (bar 1.1)`)
  }
}

async function costOf(invoke: Invoke): Promise<{ wall: number; cpu: number }> {
  globalThis.gc?.()
  const cpu = process.cpuUsage()
  const begun = performance.now()
  for (let wave = 0; wave < 3; wave++) await Promise.all(Array.from({ length: AT_ONCE }, invoke))
  const { user, system } = process.cpuUsage(cpu)
  return { wall: performance.now() - begun, cpu: user + system }
}
