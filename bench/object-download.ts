/**
 * The download of the probe `object-download` ÷ what applications have, from a real nginx (sendfile, file in memory), over a routed path of
 * network namespaces, cubic, unshaped; also under a CPU quota (cgroup v1, period 100 ms) on the client. `signed-url` ÷ curl; `sdk` ÷ the bare SDK
 * of S3 in a plain script, for which nginx is store enough: it reads no signature.
 *
 *     node bench/object-download.ts [--pairs 7] [--verify] [--only plain,0.085,0.25,https,sdk,sdk-0.085,sdk-0.25]
 *
 * All get the same object as often, one request after the other on one connection, and drop it; with --verify ours also verify its CRC-32, which
 * neither of the others does. The same TLS.
 * Goodput is payload ÷ time from the first request (ours: connection open, TLS agreed) to the last byte: for curl the sum of its transfers'
 * time_total less the first one's time_pretransfer.
 * Needs root, ip, nginx, curl, openssl. Prints the median of alternating pairs. CPU seconds for each GB: over the transfer, curl's over its
 * whole run.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { crc32 } from 'node:zlib'
import { build } from 'esbuild'
import { startNginx } from '../test/probes/http-download/nginx.ts'
import { routedPath } from '../test/probes/iperf3/routed-path.ts'

const { values } = parseArgs({
  options: {
    verify: { type: 'boolean', default: false },
    pairs: { type: 'string', default: '7' },
    only: { type: 'string', default: 'plain,0.085,0.25,https,sdk,sdk-0.085,sdk-0.25' },
  },
})

interface Case {
  readonly name: string
  readonly secure?: boolean
  readonly sdk?: boolean
  readonly quota?: number
  /** How often the file is downloaded in a run. */
  readonly times: number
  readonly wanted: number
}

interface Run {
  readonly bitsPerSecond: number
  readonly cpuSecondsPerGB: number
  readonly checksumShare?: number
}

const CASES: readonly Case[] = [
  { name: 'plain', times: 8, wanted: 0.85 },
  { name: '0.085', quota: 0.085, times: 2, wanted: 1 },
  { name: '0.25', quota: 0.25, times: 4, wanted: 0.95 },
  { name: 'https', secure: true, times: 3, wanted: 0.9 },
  { name: 'sdk', sdk: true, times: 3, wanted: 0.95 },
  { name: 'sdk-0.085', sdk: true, quota: 0.085, times: 1, wanted: 0.95 },
  { name: 'sdk-0.25', sdk: true, quota: 0.25, times: 1, wanted: 0.95 },
]
const FILE_BYTES = 256 * 1024 * 1024
const FILE = Buffer.alloc(FILE_BYTES, 'netfair')
const CRC32 = crc32(FILE)
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' }
const PERIOD_US = 100_000
const group = `/sys/fs/cgroup/cpu/netfair-bench-${process.pid}`
const accounting = `/sys/fs/cgroup/cpuacct/netfair-bench-${process.pid}`
/** One folder where the two controllers are mounted together. */
const groups = new Set([group, accounting].map((one) => join(realpathSync(dirname(one)), basename(one))))
const folder = mkdtempSync(join(tmpdir(), 'netfair-bench-'))
const bundle = join(folder, 'client.mjs')
const bare = join(folder, 'bare.mjs')
const caFile = join(folder, 'ca.pem')
using path = routedPath()
await using nginx = await startNginx({
  host: path.serverAddress,
  files: { object: FILE },
  wrap: (command) => path.at('server', command),
})
mkdirSync(join(nginx.root, 'bench'))
renameSync(join(nginx.root, 'object'), join(nginx.root, 'bench/object'))

/** Runs a client in the group; returns what it printed and the CPU seconds of its whole run. */
function run({ quota }: Case, command: readonly string[]): { readonly output: string; readonly cpuSeconds: number } {
  writeFileSync(`${group}/cpu.cfs_quota_us`, String(quota === undefined ? -1 : Math.round(quota * PERIOD_US)))
  const script = `echo $$ > ${group}/cgroup.procs && echo $$ > ${accounting}/cgroup.procs && exec "$@"`
  const before = usage()
  const output = execFileSync('sh', ['-c', script, 'client', ...path.at('client', command)], { encoding: 'utf8', maxBuffer: 1 << 26 })
  return { output, cpuSeconds: usage() - before }
}

const usage = (): number => Number(readFileSync(`${accounting}/cpuacct.usage`, 'utf8')) / 1e9
const urlOf = ({ secure }: Case): string => `${secure ? nginx.https : nginx.http}/bench/object`

function ours(test: Case): Run {
  const origin = test.secure ? nginx.https : nginx.http
  const location = { store: 's3', bucket: 'bench', region: 'us-east-1', endpoint: origin, prefix: '', ...(test.secure && { ca: nginx.ca }) }
  const objects = [{ id: 'object', bytes: FILE_BYTES, crc32: CRC32 }]
  const requests = test.sdk ? {} : { requests: [{ method: 'GET', url: urlOf(test), expiresAtMs: Number.MAX_SAFE_INTEGER }] }
  const work = { location, transport: test.sdk ? 'sdk' : 'signed-url', objects, ...requests }
  const given = { verify: values.verify ? 'always' : 'never', work, times: test.times, bytes: FILE_BYTES, origin, credentials: CREDENTIALS }
  return JSON.parse(run(test, [process.execPath, bundle, JSON.stringify(given)]).output) as Run
}

function others(test: Case): Run {
  if (!test.sdk) return curls(test)
  return JSON.parse(run(test, [process.execPath, bare, nginx.http, String(test.times), String(FILE_BYTES)]).output) as Run
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
    `${test.name.padEnd(9)} ours ÷ ${test.sdk ? 'the bare SDK' : 'curl'}, median of ${pairs.length}: ${median(ratios).toFixed(3)} ${range} (wanted ${test.wanted}),`,
    `Gbit/s ${gigabits('ours')} / ${gigabits('curl')}; CPU s/GB ${cpu('ours')} / ${cpu('curl')};`,
    `checksum ${(100 * median(pairs.map(({ ours }) => ours.checksumShare ?? 0))).toFixed(1)} % of the time`,
  )
}

try {
  for (const one of groups) mkdirSync(one)
  writeFileSync(caFile, nginx.ca)
  for (const [program, outfile] of [
    ['object-download-run.ts', bundle],
    ['object-download-bare.ts', bare],
  ] as const)
    await build({
      entryPoints: [fileURLToPath(new URL(program, import.meta.url))],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: { js: "import{createRequire as netfairRequire}from'node:module';const require=netfairRequire(import.meta.url);" },
    })
  for (const test of CASES.filter(({ name }) => values.only.split(',').includes(name))) {
    const pairs = Array.from({ length: Number(values.pairs) }, (_, pair) => {
      if (pair % 2 === 0) return { ours: ours(test), curl: others(test) }
      const first = others(test)
      return { ours: ours(test), curl: first }
    })
    report(test, pairs)
  }
} finally {
  rmSync(folder, { recursive: true })
  for (const one of groups) rmdirSync(one)
}
