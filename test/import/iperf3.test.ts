import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import type { SourceFile } from '../../src/import/iperf3-file.ts'
import { importIperf3 } from '../../src/import/iperf3-journal.ts'
import { recordProblem } from '../../src/journal/record-check.ts'
import type { NetfairError } from '../../src/model/errors.ts'
import type { Journal } from '../../src/model/journal.ts'
import type { CompletedSample } from '../../src/model/journal-record.ts'

const file = (name: string, modifiedMs = 0): SourceFile => ({
  name,
  text: readFileSync(`fixtures/iperf3/${name}.json`, 'utf8'),
  modifiedMs,
})
const imported = (...names: string[]): Journal => importIperf3(names.map((name) => file(name)), { toolVersion: '1' }) // biome-ignore format: one idea
const completed = ({ samples }: Journal) => samples as readonly CompletedSample[]
const rate = ({ bytes = 0, startedAtMs, endedAtMs }: CompletedSample) => (bytes * 8000) / (endedAtMs - startedAtMs)
const moved = ({ intervals = [] }: CompletedSample) => intervals.reduce((sum, [, , bytes]) => sum + bytes, 0)

describe('one file', () => {
  test('upload: the server counted, and left no intervals', () => {
    const [sample] = completed(imported('upload'))
    expect(sample).toMatchObject({ direction: 'upload', countedBy: 'receiver', clockUncertaintyMs: 1000, bytes: 5_111_808 })
    expect(sample).not.toHaveProperty('intervals')
    expect(sample && rate(sample)).toBeGreaterThan(19e6)
  })

  test("upload with the server's output: its intervals are used", () => {
    const [sample] = completed(imported('upload-server-output'))
    expect(sample).toMatchObject({ direction: 'upload', countedBy: 'receiver' })
    expect(sample?.intervals?.length).toBeGreaterThanOrEqual(2)
    expect(sample && moved(sample)).toBe(sample?.bytes)
  })

  test('download: the client counted', () => {
    const [sample] = completed(imported('together-1'))
    expect(sample).toMatchObject({ direction: 'download', countedBy: 'receiver' })
    expect(sample?.intervals).toHaveLength(4)
    expect(sample && moved(sample)).toBe(sample?.bytes)
  })

  test('the omitted start is left out, streams are added', () => {
    for (const name of ['parallel-omit', 'upload-parallel-omit']) {
      const journal = imported(name)
      const [sample] = completed(journal)
      const { startedAtMs = 0, endedAtMs = 0, intervals } = sample ?? {}
      expect(journal.experiment.probe).toEqual({ name: 'iperf3', version: '3.12', params: { parallel: 2 } })
      expect(startedAtMs - Date.parse(journal.experiment.createdAt)).toBe(1000)
      expect(endedAtMs - startedAtMs).toBeCloseTo(2000, -2)
      expect((sample && rate(sample)) ?? 0).toBeGreaterThan(36e6)
      expect(intervals?.length).toBe(name === 'parallel-omit' ? 4 : undefined)
    }
  })

  test('both directions are one round with two samples', () => {
    const journal = imported('bidir')
    expect(journal.rounds).toMatchObject([{ direction: 'both', concurrency: 1 }])
    expect(completed(journal).map(({ direction, countedBy }) => [direction, countedBy])).toEqual([
      ['download', 'receiver'],
      ['upload', 'receiver'],
    ])
    for (const sample of completed(journal)) expect(rate(sample)).toBeGreaterThan(19e6)
  })

  test("the server's file of an upload is an upload, with intervals", () => {
    const [sample] = completed(imported('server-side'))
    expect(sample).toMatchObject({ direction: 'upload', countedBy: 'receiver' })
    expect(sample?.intervals?.length).toBeGreaterThanOrEqual(2)
  })

  test('where the receiver left no count the sender counts, and says so', () => {
    const text = file('upload').text.replace(/("receiver":\s*{[^}]*"bytes":\s*)\d+/, '$10')
    const { samples } = importIperf3([{ ...file('upload'), text }], { toolVersion: '1' })
    expect(samples).toMatchObject([{ countedBy: 'sender', bytes: 5_111_808 }])
    expect((samples[0] as CompletedSample).intervals).toHaveLength(4)
  })
})

describe('rounds', () => {
  test('files that overlap are one round, others rounds of their own; memory is unknown unless given', () => {
    const names = ['upload', 'upload-server-output', 'server-side']
    expect(imported(...names).rounds).toMatchObject(names.map((_, repetition) => ({ concurrency: 1, repetition, direction: 'upload' })))
    const { rounds, experiment } = imported('together-2', 'together-1')
    expect(rounds).toMatchObject([{ id: 'n2-download-r0', concurrency: 2 }])
    expect(rounds[0]).not.toHaveProperty('memoryMb')
    expect(experiment.plan).toMatchObject({ concurrency: [2], direction: ['download'], repetitions: 1 })
    expect(experiment.plan).not.toHaveProperty('memoryMb')
    const known = importIperf3([file('upload')], { toolVersion: '1', memoryMb: 512, provider: 'aws' })
    expect(known).toMatchObject({ rounds: [{ memoryMb: 512 }], experiment: { plan: { memoryMb: [512] }, provider: { name: 'aws' } } })
  })

  test('the order of files does not matter, every record is sound', () => {
    const names = ['upload', 'together-1', 'together-2', 'bidir', 'parallel-omit', 'server-killed', 'upload-parallel-omit']
    const journal = imported(...names)
    expect(imported(...names.reverse())).toEqual(journal)
    for (const record of [journal.experiment, ...journal.rounds, ...journal.samples, journal.end])
      expect(recordProblem(record)).toBeUndefined()
    expect(journal.rounds.map(({ factors }) => factors?.['parallel'])).toContain(2)
  })

  test('a byte order mark; streams of old versions, which do not say who sends', () => {
    for (const name of ['upload', 'together-1', 'upload-parallel-omit', 'server-side']) {
      const { text } = file(name)
      const [known] = completed(imported(name))
      const old = `\uFEFF${text.replaceAll(/,\s*"sender":\s*(true|false)/g, '')}`
      expect(old).not.toMatch(/"sender":\s*(true|false)/)
      expect(completed(importIperf3([{ name, text: old, modifiedMs: 0 }], { toolVersion: '1' }))[0]).toEqual(known)
    }
  })

  test('a test that failed too early to have streams makes no factor of their number', () => {
    const journal = importIperf3([file('together-1'), file('together-2'), file('refused', 0)], { toolVersion: '1' })
    expect(journal.rounds.map(({ factors }) => factors)).toEqual([undefined, undefined])
    expect(journal.experiment.probe.params).toEqual({ parallel: 1 })
  })

  /** Downloads of `seconds` that start so many seconds after the first one. */
  const shifted = (seconds: number, ...starts: number[]) =>
    starts.map((start, index): SourceFile => {
      const output = JSON.parse(file('together-1').text)
      output.start.timestamp.timesecs += start
      output.start.cookie = `cookie-${index}`
      for (const stream of output.end.streams) Object.assign(stream.receiver, { end: seconds, bytes: seconds * 2_500_000 })
      output.intervals = []
      return { name: `${index}`, text: JSON.stringify(output), modifiedMs: 0 }
    })
  const sizes = (files: readonly SourceFile[]) => importIperf3(files, { toolVersion: '1' }).rounds.map(({ concurrency }) => concurrency)

  test('a second more or less is what the stamps leave open', () => {
    expect(sizes(shifted(10.02, 0, 10, 20))).toEqual([1, 1, 1])
    expect(sizes(shifted(10, 0, 1, 1))).toEqual([3])
    expect(sizes(shifted(10, 0, 8, 16))).toEqual([3])
    expect(sizes(shifted(2, 0, 1))).toEqual([2])
    expect(sizes(shifted(2, 0, 2))).toEqual([1, 1])
  })

  test('the analysis takes it: verdicts from 10 s windows on, none from short ones', () => {
    const ladder = (seconds: number) => {
      const starts = [1, 2, 4, 8].flatMap((n, level) => [0, 1, 2].flatMap((round) => Array<number>(n).fill(1000 * level + 100 * round)))
      return analyzeJournal(importIperf3(shifted(seconds, ...starts), { toolVersion: '1' }), { resamples: 100 })
    }
    expect(ladder(20).sharing[0]).toMatchObject({ verdict: 'isolated', memoryMb: null, upToConcurrency: 8 })
    expect(ladder(5).excluded.map(({ code }) => code)).toContain('clock')
    expect(ladder(5).sharing[0]?.verdict).toBe('inconclusive')
  })
})

describe('failures', () => {
  test('a test with an error is a failed sample', () => {
    expect(imported('server-killed')).toMatchObject({
      rounds: [{ direction: 'download', concurrency: 1 }],
      samples: [{ outcome: 'failed', error: { code: 'IPERF3_ERROR', message: 'control socket has closed unexpectedly' } }],
    })
  })

  test('one that never began is placed by the time of its file', () => {
    const other = file('together-1')
    const startMs = JSON.parse(other.text).start.timestamp.timesecs * 1000
    const inside = importIperf3([other, file('refused', startMs + 300)], { toolVersion: '1' })
    expect(inside.rounds).toMatchObject([{ concurrency: 2, direction: 'download' }])
    expect(inside.samples).toMatchObject([{ outcome: 'completed' }, { outcome: 'failed' }])
    const apart = importIperf3([other, file('refused', startMs + 60_000)], { toolVersion: '1' })
    expect(apart.rounds.map(({ concurrency, direction }) => [concurrency, direction])).toEqual([[1, 'download'], [1, 'download']]) // biome-ignore format: one idea
    expect(refusal(() => imported('refused')).message).toMatch(/refused: .*no other file tells/)
  })
})

function refusal(act: () => unknown): NetfairError {
  try {
    act()
  } catch (error) {
    return error as NetfairError
  }
  throw new Error('it was accepted')
}

describe('files that cannot be used are named, with the reason', () => {
  const { text } = file('upload')
  test.each([
    ['', /x: cannot be imported: it is empty/],
    [text.slice(0, 900), /x: cannot be imported: it is not JSON \(/],
    ['[1]', /no output of iperf3/],
    ['{"start": {}, "intervals": 5}', /intervals must be array, got 5/],
    ['{"start": {}, "end": {}}', /no "start.timestamp.timesecs"/],
    ['{"start": {"timestamp": {"timesecs": 1795341920}}, "end": {}}', /no results/],
    [text.replace(/"bytes":\s*5111808/, '"bytes": -5'), /bytes must be >= 0, got -5/],
    [text.replace(/"bytes":\s*5111808/, '"bytes": 0.5'), /bytes must be integer, got 0.5/],
  ])('%#', (broken, message) => {
    const error = refusal(() => importIperf3([file('together-1'), { name: 'x', text: broken, modifiedMs: 0 }], { toolVersion: '1' }))
    expect(error).toMatchObject({ name: 'InputError', code: 'BROKEN_IPERF3_FILE' })
    expect(error.message).toMatch(message)
  })

  test('UDP, one test twice, mixed directions, nothing', () => {
    expect(refusal(() => imported('udp')).message).toMatch(/udp: .*UDP/)
    expect(refusal(() => imported('upload', 'upload')).code).toBe('SAME_TEST')
    expect(refusal(() => imported()).code).toBe('NO_FILES')
    const upload = JSON.parse(text)
    upload.start.timestamp.timesecs = JSON.parse(file('together-1').text).start.timestamp.timesecs
    const mixed = refusal(() =>
      importIperf3([file('together-1'), { ...file('upload'), text: JSON.stringify(upload) }], { toolVersion: '1' }),
    )
    expect(mixed.code).toBe('MIXED_DIRECTIONS')
    expect(mixed.message).toMatch(/together-1 \(download\)|upload \(upload\)/)
  })
})
