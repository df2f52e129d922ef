/**
 * The download of the probe `http-download` ÷ curl, from a real nginx (sendfile, file in memory), over a routed path of network namespaces,
 * cubic, unshaped; plain also under a CPU quota (cgroup v1, period 100 ms) on the client.
 *
 *     node bench/http-download.ts [--pairs 9] [--only plain,0.085,0.25,https]
 *
 * Both get the same file as often, one request after the other on one connection, and agree on the same TLS (1.3, AES-256-GCM).
 * Goodput is payload ÷ time from the first request (connection open, TLS agreed) to the last byte: for curl the sum of its transfers'
 * time_total less the first one's time_pretransfer.
 * Needs root, ip, nginx, curl, openssl. Prints the median of alternating pairs. CPU seconds for each GB: ours over the transfer, curl's
 * over its whole run.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { startNginx } from '../test/probes/http-download/nginx.ts'
import { routedPath } from '../test/probes/iperf3/routed-path.ts'

const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '9' }, only: { type: 'string', default: 'plain,0.085,0.25,https' } },
})

interface Case {
  readonly name: string
  readonly secure?: boolean
  readonly quota?: number
  /** How often the file is downloaded in a run. */
  readonly times: number
  readonly wanted: number
}

interface Run {
  readonly bitsPerSecond: number
  readonly cpuSecondsPerGB: number
}

const CASES: readonly Case[] = [
  { name: 'plain', times: 16, wanted: 0.85 },
  { name: '0.085', quota: 0.085, times: 3, wanted: 1 },
  { name: '0.25', quota: 0.25, times: 8, wanted: 0.95 },
  { name: 'https', secure: true, times: 4, wanted: 0.9 },
]
const FILE_BYTES = 256 * 1024 * 1024
const PERIOD_US = 100_000
const group = `/sys/fs/cgroup/cpu/netfair-bench-${process.pid}`
const accounting = `/sys/fs/cgroup/cpuacct/netfair-bench-${process.pid}`
/** One folder where the two controllers are mounted together. */
const groups = new Set([group, accounting].map((one) => join(realpathSync(dirname(one)), basename(one))))
const folder = mkdtempSync(join(tmpdir(), 'netfair-bench-'))
const bundle = join(folder, 'client.mjs')
const caFile = join(folder, 'ca.pem')
using path = routedPath()
await using nginx = await startNginx({
  host: path.serverAddress,
  files: { file: Buffer.alloc(FILE_BYTES, 'netfair') },
  wrap: (command) => path.at('server', command),
})

/** Runs a client in the group; returns what it printed and the CPU seconds of its whole run. */
function run({ quota }: Case, command: readonly string[]): { readonly output: string; readonly cpuSeconds: number } {
  writeFileSync(`${group}/cpu.cfs_quota_us`, String(quota === undefined ? -1 : Math.round(quota * PERIOD_US)))
  const script = `echo $$ > ${group}/cgroup.procs && echo $$ > ${accounting}/cgroup.procs && exec "$@"`
  const before = usage()
  const output = execFileSync('sh', ['-c', script, 'client', ...path.at('client', command)], { encoding: 'utf8', maxBuffer: 1 << 26 })
  return { output, cpuSeconds: usage() - before }
}

const usage = (): number => Number(readFileSync(`${accounting}/cpuacct.usage`, 'utf8')) / 1e9
const urlOf = ({ secure }: Case): string => `${secure ? nginx.https : nginx.http}/file`

function ours(test: Case): Run {
  const args = [urlOf(test), String(FILE_BYTES * test.times), ...(test.secure ? [caFile] : [])]
  return JSON.parse(run(test, [process.execPath, bundle, ...args]).output) as Run
}

function curls(test: Case): Run {
  const format = '%{size_download} %{time_pretransfer} %{time_total}\\n'
  const targets = Array.from({ length: test.times }, () => ['-o', '/dev/null', urlOf(test)]).flat()
  const { output, cpuSeconds } = run(test, ['curl', '-s', '-S', '-f', '--cacert', caFile, '-w', format, ...targets])
  const transfers = output
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number))
  const bytes = transfers.reduce((sum, [size = 0]) => sum + size, 0)
  const seconds = transfers.reduce((sum, [, , total = 0]) => sum + total, 0) - (transfers[0]?.[1] ?? 0)
  return { bitsPerSecond: (8 * bytes) / seconds, cpuSecondsPerGB: cpuSeconds / (bytes / 1e9) }
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

function report(test: Case, pairs: readonly { readonly ours: Run; readonly curl: Run }[]): void {
  const ratios = pairs.map((pair) => pair.ours.bitsPerSecond / pair.curl.bitsPerSecond)
  const gigabits = (who: 'ours' | 'curl'): string => (median(pairs.map((pair) => pair[who].bitsPerSecond)) / 1e9).toFixed(2)
  const cpu = (who: 'ours' | 'curl'): string => median(pairs.map((pair) => pair[who].cpuSecondsPerGB)).toFixed(3)
  const range = `[${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}]`
  console.log(
    `${test.name.padEnd(6)} ours ÷ curl, median of ${pairs.length}: ${median(ratios).toFixed(3)} ${range} (wanted ${test.wanted}),`,
    `Gbit/s ${gigabits('ours')} / ${gigabits('curl')}; CPU s/GB ${cpu('ours')} / ${cpu('curl')}`,
  )
}

try {
  for (const one of groups) mkdirSync(one)
  writeFileSync(caFile, nginx.ca)
  await build({
    entryPoints: [fileURLToPath(new URL('http-download-run.ts', import.meta.url))],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
  })
  for (const test of CASES.filter(({ name }) => values.only.split(',').includes(name))) {
    const pairs = Array.from({ length: Number(values.pairs) }, (_, pair) => {
      if (pair % 2 === 0) return { ours: ours(test), curl: curls(test) }
      const first = curls(test)
      return { ours: ours(test), curl: first }
    })
    report(test, pairs)
  }
} finally {
  rmSync(folder, { recursive: true })
  for (const one of groups) rmdirSync(one)
}
