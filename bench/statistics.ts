/**
 * Statistics beside SciPy and numpy of Debian, and DuckDB, on the same values in one run: medians of interleaved runs, and their ratios.
 * `node bench/statistics.ts [--runs 9]`; half a minute. Needs `apt-get install --no-install-recommends python3-scipy`; DuckDB is installed
 * from npm into a temporary folder, and left out where that fails.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import Table from 'cli-table3'
import { bcaInterval } from '../src/analysis/bca.ts'
import { ascending, median } from '../src/analysis/quantile.ts'
import { seededRandom } from '../src/analysis/seeded-random.ts'
import { summarize } from '../src/analysis/summary.ts'
import { lognormal } from '../test/analysis/noise.ts'

const execute = promisify(execFile)
const { values } = parseArgs({ options: { runs: { type: 'string', default: '9' } } })
const runs = Number(values.runs)
const random = seededRandom(990017)
const lognormals = (count: number): Float64Array => Float64Array.from({ length: count }, () => 20 * lognormal(random, 0.4))
const [thousand, million] = [lognormals(1000), lognormals(1_000_000)]

/** Milliseconds of each task. */
type Times = Readonly<Record<'mean' | 'median' | 'summary', number>>

function ours(): Times {
  const few = [...thousand]
  return {
    mean: timed(() => bcaInterval(few, 'mean', { resamples: 10_000 })),
    median: timed(() => bcaInterval(few, 'median', { resamples: 10_000 })),
    summary: timed(() => summarize(million)),
  }
}

function timed(work: () => unknown): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

const python = `
import json, sys, time
import numpy, scipy
from scipy.stats import bootstrap
few, many = (numpy.fromfile(path) for path in sys.argv[1:3])
def timed(work):
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000
def bca(statistic):
    return bootstrap((few,), statistic, n_resamples=10000, method='BCa', vectorized=True, random_state=1)
def summary():
    numpy.quantile(many, [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])
    mean = many.mean()
    return mean, many.std(ddof=1) / mean, many.sum() ** 2 / (len(many) * (many * many).sum())
def tasks():
    return {'mean': timed(lambda: bca(numpy.mean)), 'median': timed(lambda: bca(numpy.median)), 'summary': timed(summary)}
tasks()
print(json.dumps({'version': f'SciPy {scipy.__version__}, numpy {numpy.__version__}', 'times': tasks()}))
`

async function scipy(files: readonly string[]): Promise<{ version: string; times: Times }> {
  return JSON.parse((await execute('/usr/bin/python3', ['-c', python, ...files])).stdout)
}

interface Duck {
  readonly version: string
  readonly time: () => Promise<number>
}

/** What of DuckDB's package is used here. */
interface DuckPackage {
  readonly DuckDBInstance: { create(): Promise<{ connect(): Promise<{ runAndReadAll(query: string): Promise<unknown> }> }> }
  version(): string
}

/** DuckDB with the million values in a table of its own; its time is that of the query alone. */
async function duck(folder: string): Promise<Duck | undefined> {
  try {
    await writeFile(join(folder, 'package.json'), '{"private":true}')
    await execute('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '@duckdb/node-api'], { timeout: 120_000 })
  } catch {
    return undefined
  }
  const { DuckDBInstance, version } = createRequire(join(folder, 'package.json'))('@duckdb/node-api') as DuckPackage
  const connection = await (await DuckDBInstance.create()).connect()
  const csv = join(folder, 'million.csv')
  await writeFile(csv, `x\n${million.join('\n')}\n`)
  await connection.runAndReadAll(`CREATE TABLE sample AS SELECT x FROM read_csv('${csv}', columns = {'x': 'DOUBLE'}, header = true)`)
  const query = `SELECT quantile_cont(x, [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]), avg(x), stddev_samp(x) / avg(x),
    sum(x) ^ 2 / (count(*) * sum(x * x)) FROM sample`
  const time = async (): Promise<number> => {
    const start = performance.now()
    await connection.runAndReadAll(query)
    return performance.now() - start
  }
  await time()
  return { version: version(), time }
}

const folder = await mkdtemp(join(tmpdir(), 'netfair-statistics-'))
try {
  const files = [join(folder, 'thousand'), join(folder, 'million')]
  await Promise.all([thousand, million].map((sample, index) => writeFile(files[index] as string, Buffer.from(sample.buffer))))
  const database = await duck(folder)
  ours()
  const measured: { own: Times; python: Times; duck: number | undefined }[] = []
  let version = ''
  for (let run = 0; run < runs; run++) {
    const [own, other] = [ours(), await scipy(files)]
    version = other.version
    measured.push({ own, python: other.times, duck: await database?.time() })
  }
  const row = (what: string, task: keyof Times, peer: string, times: readonly (number | undefined)[], bound: string): string[] => {
    const known = times.filter((time) => time !== undefined)
    const [own, theirs] = [measured.map((run) => run.own[task]), known].map((each) => median(ascending(each)))
    if (typeof own !== 'number' || typeof theirs !== 'number') return [what, peer, '', 'not there', '', bound]
    return [what, peer, `${own.toFixed(0)} ms`, `${theirs.toFixed(0)} ms`, (own / theirs).toFixed(2), bound]
  }
  const table = new Table({ head: ['task', 'beside', 'netfair', 'other', 'ratio', 'bound'], style: { head: [], border: [] } })
  const python = (task: keyof Times): number[] => measured.map((run) => run.python[task])
  const ducks = measured.map((run) => run.duck)
  table.push(
    row('BCa of a mean, 10,000 resamples of 1,000', 'mean', version, python('mean'), '≤ 2'),
    row('BCa of a median, 10,000 resamples of 1,000', 'median', version, python('median'), '≤ 0.5'),
    row('summary of 1,000,000 values', 'summary', version, python('summary'), '≤ 3'),
    row('summary of 1,000,000 values', 'summary', `DuckDB ${database?.version ?? ''}`, ducks, '< 1'),
  )
  console.log(`${table}\nNode.js ${process.version}, medians of ${runs} runs`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
