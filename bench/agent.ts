/**
 * The agent's costs: size of the bundle, CPU from start to ready, private memory while idle, start skew of 26 agents.
 * `node bench/agent.ts`
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { MAX_BUNDLE_BYTES } from '../scripts/bundle-agent.ts'
import { iperf3 } from '../src/probes/iperf3/iperf3.ts'
import { startTarget } from '../src/server/target.ts'
import { AgentProcess, buildBundle } from '../test/agent/agent-process.ts'
import { configFor, newRound, taskFor } from '../test/agent/task.ts'

const RUNS = 15
const AGENTS = 26
const ROUNDS = 8
const OWN = new URL('../test/agent/own-probe.ts', import.meta.url).href

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const show = (name: string, value: number, unit: string, limit?: string): void =>
  console.log(`${name.padEnd(48)} ${value.toFixed(1).padStart(8)} ${unit}${limit === undefined ? '' : `   (bar ${limit})`}`)

/** CPU that all live threads of a process have used so far. */
function cpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  return threads.reduce((sum, thread) => sum + nanosecondsOf(`/proc/${pid}/task/${thread}/schedstat`) / 1e6, 0)
}

function nanosecondsOf(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8').split(' ')[0])
  } catch {
    return 0 // the thread has ended
  }
}

function privateMiB(pid: number): number {
  const lines = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB$/gm)
  return [...lines].reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0) / 1024
}

/** CPU of a program until its first line of output. */
async function cpuToFirstLine(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NETFAIR_AGENT: JSON.stringify({ secret: 'x', allowedTargets: [], modules: [] }) },
  })
  await once(child.stdout, 'data')
  const used = cpuMs(child.pid as number)
  child.kill('SIGKILL')
  await once(child, 'close')
  return used
}

await using bundle = await buildBundle()
show('bundle', bundle.bytes / 1024, 'KiB', `${MAX_BUNDLE_BYTES / 1024}`)

const starts: number[] = []
const bare: number[] = []
for (let run = 0; run < RUNS; run++) {
  bare.push(await cpuToFirstLine(['-e', 'process.stdin.resume(); process.stdout.write("\\n")']))
  starts.push(await cpuToFirstLine([bundle.path]))
}
show('CPU to ready', median(starts), 'ms', '60')
show('CPU of bare Node to its first line', median(bare), 'ms')

const started = await startTarget({ port: 0, httpPort: 0 })
try {
  await using agents = new AsyncDisposableStack()
  const all = Array.from({ length: AGENTS }, () => agents.use(new AgentProcess(bundle.path, configFor(started.target, [OWN]))))
  await Promise.all(all.map((agent) => agent.ready))
  show(`private memory of one of ${AGENTS} idle agents`, median(all.map((agent) => privateMiB(agent.child.pid as number))), 'MiB', '12')

  const own = { name: 'own', version: '1.0.0', params: { mode: 'measure' }, module: OWN }
  for (const [name, probe] of [
    ['its run alone', own],
    ['iperf3, 20 Mbit/s each', iperf3({ seconds: 0.5, bitsPerSecond: 20e6 })],
  ] as const) {
    const skews: number[] = []
    const lates: number[] = []
    for (let round = -1; round < ROUNDS; round++) {
      const shared = { round: newRound(), concurrency: AGENTS, probe }
      const replies = await Promise.all(all.map((agent, invocation) => agent.run(taskFor(started.target, { ...shared, invocation }))))
      const samples = replies.flatMap((reply) => reply.samples)
      const bad = samples.find((sample) => sample.outcome !== 'completed')
      if (bad !== undefined) throw new Error(JSON.stringify(bad))
      const at = samples.map((sample) => sample.startedAtMs ?? Number.NaN)
      if (round < 0) continue // loads the probe
      skews.push(Math.max(...at) - Math.min(...at))
      lates.push(Math.max(...at) - (replies[0]?.startAtMs ?? Number.NaN))
    }
    show(`start skew of ${AGENTS} agents, median of ${ROUNDS} (${name})`, median(skews), 'ms', '6')
    show(`  worst of ${ROUNDS}`, Math.max(...skews), 'ms')
    show('  latest start after the agreed one, median', median(lates), 'ms')
  }
  show(`private memory of one of ${AGENTS} agents after that`, median(all.map((agent) => privateMiB(agent.child.pid as number))), 'MiB')
} finally {
  await started.dispose()
}
