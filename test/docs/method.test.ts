import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { compareJournals } from '../../src/analysis/compare/compare-journals.ts'
import { planRepetitions } from '../../src/analysis/repetitions.ts'
import { seededRandom } from '../../src/analysis/seeded-random.ts'
import { defaultThresholds } from '../../src/analysis/thresholds.ts'
import type { Journal } from '../../src/model/journal.ts'
import type { Report } from '../../src/model/report.ts'
import { stopSchema } from '../../src/run/stopping.ts'
import { type SyntheticOptions, syntheticJournal } from '../../src/testing/index.ts'
import { aggressorJournal, shareOf } from '../analysis/aggressor-journal.ts'
import { workJournal } from '../analysis/cost-map/work-journal.ts'
import { objectJournal } from '../analysis/object-journal.ts'

const method = readFileSync('docs/method.md', 'utf8')

/** What stands in backticks, word by word. */
function named(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = '']) => code.match(/[\w-]+/g) ?? []))
}

/** From a heading of the second level to the next one. */
function section(ending: string): string {
  const part = method.split(/^## /m).find((text) => text.split('\n', 1)[0]?.endsWith(ending))
  expect(part, `a section ${ending}`).toBeDefined()
  return part ?? ''
}

/** All keys in a value, but for those that users name themselves. */
function keysOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, own]) => [key, ...(['factors', 'params'].includes(key) ? [] : keysOf(own))])
}

function unnamed(names: Iterable<string>, text: string): readonly string[] {
  const known = named(text)
  return [...new Set(names)].filter((name) => !known.has(name))
}

const small: SyntheticOptions = { concurrency: [1, 2, 4, 8, 16], rounds: 6, cv: 0.05 }
const plain = syntheticJournal({ ...small, truth: 'capped' })
const pinging: Journal = {
  ...plain,
  samples: plain.samples.map((sample) => ({ ...sample, values: { rttMs: 9, rttP95Ms: 12, idleRttMs: 1 } })),
}
const mapped = workJournal({
  memoryMb: [128, 512],
  concurrency: [1, 2, 4, 8],
  rounds: 6,
  work: { mode: 'pull', chunks: 8, chunkBytes: 1e6 },
  cv: 0.02,
  rate: (memoryMb, together) => Math.min(memoryMb * 0.4e6, 200e6 / together),
})
const thresholds = { resamples: 50, fairnessResamples: 50, persistenceResamples: 50 }
const { samples } = plain
const together: Journal = {
  ...plain,
  samples: samples.map((sample) => ({
    ...sample,
    facts: { 'net/eth0': '02:00:00:00:00:01 198.18.0.1/22', egress: '198.18.0.1', tsc: 'x' },
  })),
}
const reports: readonly Report[] = [
  pinging,
  together,
  syntheticJournal({ ...small, truth: 'partial', memoryMb: [512, 1024, 2048, 3008], memoryTruth: 'saturating' }),
  syntheticJournal({ ...small, seconds: 10, bitsPerSecond: 40e6, burst: { bitsPerSecond: 200e6, bucketBytes: 50e6 } }),
  aggressorJournal({ rounds: 5, cv: 0.1, share: shareOf('per-flow') }, seededRandom(1)),
  objectJournal(small, { values: { objectSumMs: 2000, connectSumMs: 10, firstByteSumMs: 30, checksumSumMs: 50 }, cpuMs: 200 }),
  mapped,
].map((journal) => analyzeJournal(journal, { ...thresholds, network: plain, costMap: { priceAs: 'aws:us-east-1' } }))

test('the reports of this test have every kind of number', () => {
  const found = new Set(reports.flatMap(keysOf))
  const deepest = ['p95Ms', 'idleMs', 'bucketBytes', 'low', 'jainCorrected', 'flagged', 'lossRatio', 'cv', 'persistent', 'ratio', 'message']
  expect(deepest.filter((key) => !found.has(key))).toEqual([])
  expect(reports.some(({ sharing }) => sharing.some(({ knee }) => knee?.low != null))).toBe(true)
  expect(reports.some(({ memory }) => memory.some(({ saturationMemoryMb }) => saturationMemoryMb !== null))).toBe(true)
})

test.each(['experiment', 'cells', 'sharing', 'memory', 'fairness', 'aggressor', 'colocation', 'costMap'] as const)(
  'every key of %s is explained in its section',
  (key) => {
    const general = `${section('How to read an interval')}${section('(`excluded`, `warnings`)')}`
    const keys = reports.flatMap((report) => keysOf(report[key]))
    expect(keys).not.toEqual([])
    expect(unnamed(keys, `${section(`(\`${key}\`)`)}${general}`)).toEqual([])
  },
)

test('every key of a report is named, and every one that the types declare', () => {
  expect(unnamed(reports.flatMap(keysOf), method)).toEqual([])
  const [findings = '', later = ''] = readFileSync('src/model/report.ts', 'utf8').split('export interface CostFinding')
  const report = later.slice(later.indexOf('export interface Report '))
  const colocation = readFileSync('src/model/colocation-finding.ts', 'utf8')
  const names = [...`${findings}${colocation}${report}`.matchAll(/readonly (\w+)\??:/g)].map(([, name = '']) => name)
  expect(names.length).toBeGreaterThan(60)
  expect(unnamed(names, method)).toEqual([])
})

test('every threshold is in the table, with its default', () => {
  const told = [...section('Thresholds').matchAll(/^\| `(\w+)` +\| ([\d.]+) /gm)].map(([, name = '', value]) => [name, Number(value)])
  expect(Object.fromEntries(told)).toEqual(defaultThresholds)
})

test('every reason code is in the table, and none that nobody gives', () => {
  const type = /export type ReasonCode =([\s\S]*?)\nexport /.exec(readFileSync('src/model/report.ts', 'utf8'))?.[1] ?? ''
  const typed = [...type.matchAll(/\| '([a-z-]+)'/g)].map(([, code = '']) => code)
  expect(typed.length).toBeGreaterThan(15)
  const told = [...section('Reason codes').matchAll(/^\| `([a-z-]+)` /gm)].map(([, code = '']) => code)
  expect(typed.filter((code) => !told.includes(code))).toEqual([])
  const others = told.filter((code) => !typed.includes(code))
  const sources = [
    'analysis/cost',
    'analysis/host-blocks',
    'analysis/measured-round',
    'analysis/measured-again',
    'analysis/early-end',
    'analysis/network-rate',
    'analysis/fixed-work',
    'analysis/cost-map/cost-map',
    'analysis/cost-map/predictions',
    'analysis/compare/compare-journals',
  ]
  const code = [...sources, 'journal/assemble', 'journal/record-stream'].map((file) => readFileSync(`src/${file}.ts`, 'utf8')).join('\n')
  expect(others.filter((own) => !code.includes(`'${own}'`))).toEqual([])
  const given = [...code.matchAll(/code: '([a-z-]+)'/g)].map(([, own = '']) => own)
  expect(given.filter((own) => !told.includes(own))).toEqual([])
})

test('comparison, plan of repetitions and stopping rule are explained', () => {
  const comparison = compareJournals(['a', 'b'].map((name) => ({ name, journal: plain })))
  expect(
    unnamed(keysOf(comparison), `${section('Compare')}${section('How to read an interval')}${section('Experiment (`experiment`)')}`),
  ).toEqual([])
  const keys = [...keysOf(planRepetitions(plain, { relativeHalfWidth: 0.05 })), ...Object.keys(stopSchema['properties'] as object)]
  expect(unnamed(keys, section('How much to measure'))).toEqual([])
})

test('every link leads somewhere', () => {
  const anchors = new Set(
    [...method.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  )
  for (const [, path = '', anchor] of method.matchAll(/\]\(([^)#\s]*)(?:#([^)]*))?\)/g)) {
    if (path === '') expect(anchors, anchor).toContain(anchor)
    else expect(existsSync(join(dirname('docs/method.md'), path)), path).toBe(true)
  }
  for (const [, file = ''] of method.matchAll(/`((?:src|bench|test)\/[\w/.-]+\.ts)`/g)) expect(existsSync(file), file).toBe(true)
})
