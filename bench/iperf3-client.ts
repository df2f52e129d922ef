/**
 * Our iperf3 client ÷ real `iperf3 -c`, against a real `iperf3 -s`, over a routed path of network namespaces, cubic, unshaped;
 * downloads also under a CPU quota (cgroup v1, period 100 ms).
 *
 *     node bench/iperf3-client.ts [--pairs 9] [--seconds 1] [--only download,upload,0.085,0.25]
 *
 * Needs root, ip, iperf3. Prints the median of alternating pairs: rate, and CPU seconds of the client for each GB, both over the
 * transfer alone.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { routedPath } from '../test/probes/iperf3/routed-path.ts'

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '1' },
    only: { type: 'string', default: 'download,upload,0.085,0.25' },
  },
})

interface Run {
  readonly bitsPerSecond: number
  readonly cpuSecondsPerGB: number
}

interface Case {
  readonly name: string
  readonly direction: 'download' | 'upload'
  readonly quota?: number
  readonly wanted: number
}

const CASES: readonly Case[] = [
  { name: 'download', direction: 'download', wanted: 1 },
  { name: 'upload', direction: 'upload', wanted: 0.85 },
  { name: '0.085', direction: 'download', quota: 0.085, wanted: 0.95 },
  { name: '0.25', direction: 'download', quota: 0.25, wanted: 0.9 },
]
const PORT = '5201'
const PERIOD_US = 100_000
const group = `/sys/fs/cgroup/cpu/netfair-bench-${process.pid}`
const folder = mkdtempSync(join(tmpdir(), 'netfair-bench-'))
const bundle = join(folder, 'client.mjs')
const path = routedPath()

function run({ direction, quota }: Case, command: readonly string[]): string {
  const [program, ...args] = path.at('client', command)
  if (quota === undefined) return execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26 })
  writeFileSync(`${group}/cpu.cfs_quota_us`, String(Math.round(quota * PERIOD_US)))
  const script = `echo $$ > ${group}/cgroup.procs && exec "$@"`
  return execFileSync('sh', ['-c', script, direction, program, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 })
}

function ours(test: Case): Run {
  const seconds = Number(values.seconds) * (test.quota === undefined ? 1 : 2)
  const request = { address: `${path.serverAddress}:${PORT}`, direction: test.direction, limit: { seconds } }
  return JSON.parse(run(test, [process.execPath, bundle, JSON.stringify(request)])) as Run
}

function real(test: Case): Run {
  const seconds = Number(values.seconds) * (test.quota === undefined ? 1 : 2)
  const args = ['iperf3', '-c', path.serverAddress, '-p', PORT, '-t', String(seconds), '-J']
  const { end } = JSON.parse(run(test, test.direction === 'download' ? [...args, '-R'] : args))
  const { bits_per_second: bitsPerSecond, bytes, seconds: lasted } = end.sum_received
  return { bitsPerSecond, cpuSecondsPerGB: ((end.cpu_utilization_percent.host_total / 100) * lasted) / (bytes / 1e9) }
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

function report(test: Case, pairs: readonly { readonly ours: Run; readonly real: Run }[]): void {
  const ratios = pairs.map((pair) => pair.ours.bitsPerSecond / pair.real.bitsPerSecond)
  const cpuRatios = pairs.map((pair) => pair.ours.cpuSecondsPerGB / pair.real.cpuSecondsPerGB)
  const gigabits = (who: 'ours' | 'real'): string => (median(pairs.map((pair) => pair[who].bitsPerSecond)) / 1e9).toFixed(2)
  const cpu = (who: 'ours' | 'real'): string => median(pairs.map((pair) => pair[who].cpuSecondsPerGB)).toFixed(3)
  const range = `[${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}]`
  console.log(
    `${test.name.padEnd(8)} ours ÷ real, median of ${pairs.length}: ${median(ratios).toFixed(3)} ${range} (wanted ${test.wanted}), Gbit/s ${gigabits('ours')} / ${gigabits('real')};`,
    `CPU s/GB ${cpu('ours')} / ${cpu('real')}, ratio ${median(cpuRatios).toFixed(2)}`,
  )
}

let server: ChildProcess | undefined
try {
  mkdirSync(group)
  await build({
    entryPoints: [fileURLToPath(new URL('iperf3-client-run.ts', import.meta.url))],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
  })
  const [program, ...args] = path.at('server', ['iperf3', '-s', '-p', PORT, '--forceflush'])
  server = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => server?.stdout?.once('data', resolve))
  server.stdout?.resume()
  for (const test of CASES.filter(({ name }) => values.only.split(',').includes(name))) {
    const pairs = Array.from({ length: Number(values.pairs) }, (_, pair) => {
      if (pair % 2 === 0) return { ours: ours(test), real: real(test) }
      const first = real(test)
      return { ours: ours(test), real: first }
    })
    report(test, pairs)
  }
} finally {
  server?.kill('SIGTERM')
  path[Symbol.dispose]()
  rmSync(folder, { recursive: true })
  rmdirSync(group)
}
