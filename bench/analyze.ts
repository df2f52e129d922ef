/**
 * What reading and analysing a large journal takes, each run in a process of its own: seconds (in brackets CPU seconds of the main thread, for
 * busy machines), peak memory, and the same for bare JSON.parse of the same file. `node bench/analyze.ts [--runs 5]`; some minutes, and 700 MB
 * in the temporary folder.
 */
import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs, promisify } from 'node:util'
import Table from 'cli-table3'
import { ascending, median } from '../src/analysis/quantile.ts'
import { type Random, seededRandom } from '../src/analysis/seeded-random.ts'
import type { Interval, JournalRecord, RoundRecord, Sample } from '../src/model/journal-record.ts'
import { analyze } from '../src/run/analyze.ts'

interface Shape {
  readonly memoryMb: readonly number[]
  readonly concurrency: readonly number[]
  readonly rounds: number
  readonly intervals: number
}

const startMs = Date.UTC(2026, 10, 22, 6)
const levels = (count: number, step: number): readonly number[] => Array.from({ length: count }, (_, index) => (index + 1) * step)
/** 20 cells × 5 rounds × 256 functions × 500 intervals. */
const large: Shape = { memoryMb: levels(20, 128), concurrency: [256], rounds: 5, intervals: 500 }
/** 57 functions a ladder and round: 10,032 samples. */
const many: Shape = { memoryMb: levels(4, 512), concurrency: [1, 2, 4, 8, 16, 26], rounds: 44, intervals: 50 }

function* journal({ memoryMb, concurrency, rounds, intervals }: Shape): Generator<JournalRecord> {
  const random = seededRandom(990017)
  yield {
    type: 'experiment',
    schema: 'netfair.journal/1',
    id: 'bench',
    createdAt: new Date(startMs).toISOString(),
    tool: { name: 'netfair', version: '0' },
    provider: { name: 'local', tier: 'privileged' },
    probe: { name: 'iperf3', version: '1' },
    plan: { memoryMb, concurrency, repetitions: rounds, seed: 1, warmUpMs: 200 },
  }
  let startAtMs = startMs
  for (let repetition = 0; repetition < rounds; repetition++) {
    for (const memory of memoryMb) {
      for (const n of concurrency) {
        startAtMs += intervals * 100 + 5000
        const id = `${memory}MB-n${n}-download-r${repetition}`
        const cell = { direction: 'download', memoryMb: memory, concurrency: n, repetition } as const
        const round: RoundRecord = { type: 'round', id, ...cell, host: 'h', startAtMs, targets: [{ busiestThread: 0.3 }], hostIdle: 0.5 }
        yield round
        for (let invocation = 0; invocation < n; invocation++) yield sample(id, invocation, startAtMs, intervals, random)
        yield { ...round, completed: true }
      }
    }
  }
  yield { type: 'end', completedAt: new Date(startAtMs).toISOString() }
}

/** Ends of intervals and bytes are irregular, as measured ones are. */
function sample(round: string, invocation: number, startAtMs: number, count: number, random: Random): Sample {
  const toMicroseconds = (ms: number): number => Math.round(ms * 1000) / 1000
  const intervals: Interval[] = []
  const startedAtMs = toMicroseconds(startAtMs + random())
  let [fromMs, bytes] = [startedAtMs, 0]
  for (let index = 1; index <= count; index++) {
    const [toMs, moved] = [toMicroseconds(startedAtMs + index * 100 + random() - 0.5), Math.round(3e5 * (0.8 + 0.4 * random()))]
    intervals.push([fromMs, toMs, moved])
    fromMs = toMs
    bytes += moved
  }
  const place = { round, invocation, direction: 'download', instance: `${round}-${invocation}`, host: 'h', target: 0 } as const
  const facts = { clockUncertaintyMs: 0.1, cpuMs: { user: 10, system: 100 }, throttled: 0, coldStart: false }
  return { type: 'sample', ...place, outcome: 'completed', startedAtMs, endedAtMs: fromMs, bytes, intervals, ...facts }
}

interface Spent {
  readonly seconds: number
  /** CPU of the main thread. */
  readonly cpuSeconds: number
}

interface Taken extends Spent {
  readonly peakMiB: number
}

/** Starts a clock. */
function clock(): () => Spent {
  const [start, used] = [performance.now(), process.threadCpuUsage()]
  return () => {
    const { user, system } = process.threadCpuUsage(used)
    return { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 }
  }
}

const works: Readonly<Record<string, (path: string) => Promise<Spent>>> = {
  analyze: async (path) => {
    const spent = clock()
    await analyze(path)
    return spent()
  },
  /** JSON.parse alone, without reading the file. */
  parse: async (path) => {
    const total = { seconds: 0, cpuSeconds: 0 }
    for await (const line of createInterface({ input: createReadStream(path, { highWaterMark: 1024 * 1024 }) })) {
      const spent = clock()
      JSON.parse(line)
      const { seconds, cpuSeconds } = spent()
      total.seconds += seconds
      total.cpuSeconds += cpuSeconds
    }
    return total
  },
}

async function measured(work: string, path: string): Promise<Taken> {
  const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, '--work', work, '--journal', path])
  return JSON.parse(stdout)
}

const middle = (values: readonly number[]): number => median(ascending(values)) as number

async function compared(name: string, shape: Shape, runs: number, folder: string): Promise<string[]> {
  const path = join(folder, `${name}.ndjson`)
  const lines = Readable.from((function* () { for (const record of journal(shape)) yield `${JSON.stringify(record)}\n` })()) // biome-ignore format: one idea
  await pipeline(lines, createWriteStream(path))
  const taken: Record<'analyze' | 'parse', Taken[]> = { analyze: [], parse: [] }
  for (let run = 0; run < runs; run++) for (const work of ['parse', 'analyze'] as const) taken[work].push(await measured(work, path))
  const spent = (of: keyof Spent): [own: number, bare: number, ratio: number] => {
    const [own, bare] = [taken.analyze, taken.parse].map((all) => middle(all.map((each) => each[of]))) as [number, number]
    return [own, bare, (own - 1) / bare]
  }
  const [wall, cpu] = [spent('seconds'), spent('cpuSeconds')]
  const figures = wall.map((figure, index) => `${figure.toFixed(2)} (${cpu[index]?.toFixed(2)})`)
  const peak = Math.max(...taken.analyze.map(({ peakMiB }) => peakMiB))
  return [name, `${((await stat(path)).size / 1e6).toFixed(0)} MB`, ...figures, `${peak.toFixed(0)} MiB`]
}

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, work: { type: 'string' }, journal: { type: 'string', default: '' } },
})
const work = works[values.work ?? '']
if (work !== undefined) {
  const taken: Taken = { ...(await work(values.journal)), peakMiB: process.resourceUsage().maxRSS / 1024 }
  console.log(JSON.stringify(taken))
} else {
  const folder = await mkdtemp(join(tmpdir(), 'netfair-analyze-'))
  try {
    const head = ['journal', 'size', 'analyze, s', 'JSON.parse, s', '(analyze − 1 s) ÷ JSON.parse', 'peak memory']
    const table = new Table({ head, style: { head: [], border: [] } })
    table.push(
      await compared('10,032 samples of 50 intervals', many, Number(values.runs), folder),
      await compared('12.8 million intervals', large, Math.min(3, Number(values.runs)), folder),
    )
    console.log(`${table}\nBounds: ratio ≤ 3 for the first; ≤ 20 s and ≤ 1536 MiB for the second. Node.js ${process.version}.`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
