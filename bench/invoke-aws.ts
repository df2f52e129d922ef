/**
 * What netfair's invoke costs on top of the SDK's own call with its answer parsed: 200 invocations at once, wall time and CPU time of this process, against a
 * server in another process that answers each after 100 ms, as Lambda does on the wire.
 *
 * `node bench/invoke-aws.ts`; ratios of medians of alternating pairs.
 */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { sealTask } from '../src/model/sealed-task.ts'
import type { Task } from '../src/model/task.ts'
import { connect } from '../src/providers/aws/connection.ts'
import { LambdaDeployment } from '../src/providers/aws/deployment.ts'

const AT_ONCE = 200
const PAIRS = 20
const ANSWER_AFTER_MS = 100

const REPORT = 'REPORT RequestId: 1\tDuration: 99.10 ms\tBilled Duration: 100 ms\tMemory Size: 2048 MB\tMax Memory Used: 90 MB\t\n'

/** Answers with one sample of 50 intervals. */
function serve(): void {
  const intervals = Array.from({ length: 50 }, (_, index) => [1e12 + index * 20, 1e12 + (index + 1) * 20, 1_500_000 + index])
  const sample = {
    type: 'sample',
    run: 'bench',
    round: 'r',
    invocation: 0,
    outcome: 'completed',
    instance: 'i',
    startedAtMs: 1e12,
    endedAtMs: 1e12 + 1000,
    intervals,
  }
  const reply = JSON.stringify({ samples: [sample], startAtMs: 1e12 })
  const headers = { 'x-amz-log-result': Buffer.from(REPORT).toString('base64'), 'x-amz-executed-version': '$LATEST' }
  const server = createServer((request, response) => {
    request.resume().once('end', () => setTimeout(() => response.writeHead(200, headers).end(reply), ANSWER_AFTER_MS))
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
}

function taskOf(invocation: number): Task {
  const target = { iperf3: '192.0.2.1:5201', http: 'http://192.0.2.1:5202', token: 'token' }
  const probe = { name: 'iperf3', version: '1.0.0', params: { seconds: 1 } }
  const limits = { readyTimeoutMs: 30_000, deadlineMs: 60_000, expiresAtMs: Date.now() + 600_000 }
  const place = { target, targetIndex: 0, rendezvous: target, concurrency: AT_ONCE, direction: 'download' as const }
  return sealTask({ run: 'bench', round: 'r', attempt: 0, invocation, probe, ...place, ...limits }, 'secret')
}

interface Cost {
  readonly wallMs: number
  readonly cpuMs: number
}

async function costOf(call: (task: Task) => Promise<unknown>): Promise<Cost> {
  const tasks = Array.from({ length: AT_ONCE }, (_, index) => taskOf(index)) // sealing is no part of it
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  await Promise.all(tasks.map(call))
  const { user, system } = process.cpuUsage(cpu)
  return { wallMs: performance.now() - startedAt, cpuMs: (user + system) / 1000 }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

async function measure(): Promise<void> {
  const server = fork(fileURLToPath(import.meta.url), ['serve'])
  try {
    const [port] = await once(server, 'message')
    const endpoint = `http://127.0.0.1:${port}`
    Object.assign(process.env, { NETFAIR_AWS_ENDPOINT: endpoint, AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' })
    const agent = { bundle: '', secret: 'secret', allowedTargets: [], modules: [] }
    const parts = { name: 'netfair-bench', timeoutSeconds: 900, request: { memoryMb: 2048, agent } }
    const deployment = new LambdaDeployment(await connect('eu-central-1'), parts)
    const client = new LambdaClient({
      region: 'eu-central-1',
      endpoint,
      requestHandler: { httpAgent: { keepAlive: true, maxSockets: AT_ONCE } },
    })
    const { signal } = new AbortController()
    const ours = (): Promise<Cost> => costOf((task) => deployment.invoke(task, { repetition: 0, signal }))
    const bare = (): Promise<Cost> =>
      costOf(async (task) => {
        const command = new InvokeCommand({ FunctionName: 'netfair-bench', LogType: 'Tail', Payload: JSON.stringify(task) })
        const { Payload } = await client.send(command)
        return JSON.parse(Payload?.transformToString() ?? '')
      })
    for (let warmUp = 0; warmUp < 4; warmUp++) await Promise.all([ours(), bare()])
    const costs: { readonly ours: Cost; readonly bare: Cost }[] = []
    for (let pair = 0; pair < PAIRS; pair++) {
      const [one, other] = pair % 2 === 0 ? [await ours(), await bare()] : [await bare(), await ours()]
      costs.push(pair % 2 === 0 ? { ours: one, bare: other } : { ours: other, bare: one })
    }
    for (const what of ['wallMs', 'cpuMs'] as const) {
      const [mine, theirs] = [median(costs.map(({ ours }) => ours[what])), median(costs.map(({ bare }) => bare[what]))]
      console.log(
        `${what} of ${AT_ONCE} at once: netfair ${mine.toFixed(1)}, SDK ${theirs.toFixed(1)}, ratio ${(mine / theirs).toFixed(3)}`,
      )
    }
  } finally {
    server.kill()
  }
}

if (process.argv[2] === 'serve') serve()
else await measure()
