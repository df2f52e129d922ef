import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { type Nginx, startNginx } from '../test/probes/http-download/nginx.ts'
import { type RoutedPath, routedPath } from '../test/probes/iperf3/routed-path.ts'

export interface Case {
  readonly name: string
  readonly secure?: boolean
  /** CPUs of the client; absent = no limit. */
  readonly quota?: number
  /** How often the file is downloaded in a run. */
  readonly times: number
  readonly wanted: number
}

export interface Run {
  readonly bitsPerSecond: number
  readonly cpuSecondsPerGB: number
}

export interface Pair<Ours extends Run> {
  readonly ours: Ours
  readonly theirs: Run
}

export const FILE_BYTES: number = 256 * 1024 * 1024
const PERIOD_US = 100_000

/** Clients of a real nginx (sendfile, file in memory) over a routed path of network namespaces, each under a CPU quota (cgroup v1). */
export class ClientUnderQuota implements AsyncDisposable {
  readonly nginx: Nginx
  /** For what a bench builds. */
  readonly folder: string = mkdtempSync(join(tmpdir(), 'netfair-bench-'))
  readonly caFile: string = join(this.folder, 'ca.pem')
  readonly #path: RoutedPath
  readonly #group = `/sys/fs/cgroup/cpu/netfair-bench-${process.pid}`
  readonly #accounting = `/sys/fs/cgroup/cpuacct/netfair-bench-${process.pid}`
  /** One folder where the two controllers are mounted together. */
  readonly #groups: ReadonlySet<string>

  static async start(file: string): Promise<ClientUnderQuota> {
    const path = routedPath()
    const files = { [file]: Buffer.alloc(FILE_BYTES, 'netfair') }
    const nginx = await startNginx({ host: path.serverAddress, files, wrap: (command) => path.at('server', command) })
    return new ClientUnderQuota(path, nginx)
  }

  private constructor(path: RoutedPath, nginx: Nginx) {
    this.#path = path
    this.nginx = nginx
    this.#groups = new Set([this.#group, this.#accounting].map((one) => join(realpathSync(dirname(one)), basename(one))))
    for (const one of this.#groups) mkdirSync(one)
    writeFileSync(this.caFile, nginx.ca)
  }

  /** What a client printed, and the CPU seconds of its whole run. */
  run({ quota }: Case, command: readonly string[]): { readonly output: string; readonly cpuSeconds: number } {
    writeFileSync(`${this.#group}/cpu.cfs_quota_us`, String(quota === undefined ? -1 : Math.round(quota * PERIOD_US)))
    const script = `echo $$ > ${this.#group}/cgroup.procs && echo $$ > ${this.#accounting}/cgroup.procs && exec "$@"`
    const before = this.#cpuSeconds()
    const program = ['-c', script, 'client', ...this.#path.at('client', command)]
    const output = execFileSync('sh', program, { encoding: 'utf8', maxBuffer: 1 << 26 })
    return { output, cpuSeconds: this.#cpuSeconds() - before }
  }

  curl(test: Case, url: string): Run {
    const format = '%{size_download} %{time_pretransfer} %{time_total}\\n'
    const targets = Array.from({ length: test.times }, () => ['-o', '/dev/null', url]).flat()
    const { output, cpuSeconds } = this.run(test, ['curl', '-s', '-S', '-f', '--cacert', this.caFile, '-w', format, ...targets])
    const transfers = output
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number))
    const bytes = transfers.reduce((sum, [size = 0]) => sum + size, 0)
    const seconds = transfers.reduce((sum, [, , total = 0]) => sum + total, 0) - (transfers[0]?.[1] ?? 0)
    return { bitsPerSecond: (8 * bytes) / seconds, cpuSecondsPerGB: cpuSeconds / (bytes / 1e9) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nginx[Symbol.asyncDispose]()
    this.#path[Symbol.dispose]()
    rmSync(this.folder, { recursive: true })
    for (const one of this.#groups) rmdirSync(one)
  }

  #cpuSeconds(): number {
    return Number(readFileSync(`${this.#accounting}/cpuacct.usage`, 'utf8')) / 1e9
  }
}

export function inPairs<Ours extends Run>(count: number, ours: () => Ours, theirs: () => Run): readonly Pair<Ours>[] {
  return Array.from({ length: count }, (_, pair) => {
    if (pair % 2 === 0) return { ours: ours(), theirs: theirs() }
    const first = theirs()
    return { ours: ours(), theirs: first }
  })
}

export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

/** One line for the pairs of a case. */
export function report(test: Case, whose: string, pairs: readonly Pair<Run>[], more = ''): void {
  const ratios = pairs.map(({ ours, theirs }) => ours.bitsPerSecond / theirs.bitsPerSecond)
  const gigabits = (who: 'ours' | 'theirs'): string => (median(pairs.map((pair) => pair[who].bitsPerSecond)) / 1e9).toFixed(2)
  const cpu = (who: 'ours' | 'theirs'): string => median(pairs.map((pair) => pair[who].cpuSecondsPerGB)).toFixed(3)
  const range = `[${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}]`
  console.log(
    `${test.name.padEnd(9)} ours ÷ ${whose}, median of ${pairs.length}: ${median(ratios).toFixed(3)} ${range} (wanted ${test.wanted}),`,
    `Gbit/s ${gigabits('ours')} / ${gigabits('theirs')}; CPU s/GB ${cpu('ours')} / ${cpu('theirs')}${more}`,
  )
}
