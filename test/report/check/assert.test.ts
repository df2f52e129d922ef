import { describe, expect, test } from 'vitest'
import { analyzeJournal } from '../../../src/analysis/analyze-journal.ts'
import { NetfairError } from '../../../src/model/errors.ts'
import type { Report } from '../../../src/model/report.ts'
import { assertBandwidth, assertFair, assertIsolated, assertNotWorse } from '../../../src/report/assert.ts'
import { type SyntheticOptions, syntheticJournal } from '../../../src/testing/index.ts'

const report = (options: SyntheticOptions = {}): Report => analyzeJournal(syntheticJournal({ cv: 0.02, ...options }), { resamples: 200 })
const isolated = report()
const shared = report({ truth: 'shared' })
const capped = report({ truth: 'capped', knee: 6, bitsPerSecond: 30e6 })

function thrown(act: () => void): NetfairError {
  try {
    act()
  } catch (error) {
    if (error instanceof NetfairError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('assertIsolated', () => {
  test('holds', () => {
    assertIsolated(isolated)
    assertIsolated(isolated, { upTo: 26, memoryMb: 2048, direction: 'download', factors: {} })
  })

  test('the message has verdict, confidence, worst cell and its interval', () => {
    const error = thrown(() => assertIsolated(shared, { upTo: 16 }))
    expect(error).toMatchObject({ name: 'ExpectationError', code: 'NOT_ISOLATED' })
    expect(error.message).toMatch(
      /^Expected functions isolated up to 16; this does not hold at 1 of 1, worst first:\n {2}download at 2048 MB: SHARED \(firm, .* Worst cell: n = 26, 1\.\d+ Mbit\/s each \(95 %: 1\.\d+ Mbit\/s to \d\.\d+ Mbit\/s, order-statistic\)\.$/,
    )
  })

  test('a cap isolates up to its knee', () => {
    assertIsolated(capped, { upTo: 4 })
    expect(thrown(() => assertIsolated(capped, { upTo: 12 })).message).toContain('CAPPED')
    expect(thrown(() => assertIsolated(capped)).message).toContain('CAPPED')
  })

  test('nothing is claimed beyond what was measured', () => {
    const error = thrown(() => assertIsolated(isolated, { upTo: 30 }))
    expect(error.message).toContain('Nothing is known beyond 26 functions.')
    assertIsolated(isolated, { upTo: 30, allowInconclusive: true })
  })

  test('every size is tested, and the failing one is named', () => {
    const sizes = { memoryMb: [512, 2048] }
    const [small] = report({ ...sizes, truth: 'shared' }).sharing
    const mixed: Report = { ...report(sizes), sharing: [...(small ? [small] : []), ...report(sizes).sharing.slice(1)] }
    expect(thrown(() => assertIsolated(mixed)).message).toMatch(/1 of 2, worst first:\n {2}download at 512 MB: SHARED/)
    assertIsolated(mixed, { memoryMb: 2048 })
    assertIsolated(mixed, { memoryMb: [2048] })
  })

  test('inconclusive fails, with the reasons, unless allowed', () => {
    const bound = report({ throttled: 0.9 })
    expect(thrown(() => assertIsolated(bound)).message).toMatch(/cannot tell, because: .*\[cpu-bound\]/)
    assertIsolated(bound, { allowInconclusive: true })
    expect(() => assertIsolated(shared, { allowInconclusive: true })).toThrow('SHARED')
  })
})

describe('assertFair', () => {
  test('holds', () => {
    assertFair(isolated)
    assertFair(isolated, { minimumJain: 0.95, concurrency: [8, 16] })
  })

  test('the worst cell comes first', () => {
    const error = thrown(() => assertFair(report({ shares: [3, 1] }), { concurrency: [4, 8] }))
    expect(error.message).toMatch(/2 of 2, worst first:\n {2}download at 2048 MB, n = \d: UNFAIR \(corrected Jain index 0\.\d+\)/)
    expect(error.message).toMatch(/The worst function gets 0\.\d+ of its fair share\./)
  })

  test('one starved function of 26 is not fair, whatever the index', () => {
    const starved = report({ concurrency: [26], starved: { invocation: 7 } })
    expect(thrown(() => assertFair(starved, { minimumJain: 0.5 })).message).toMatch(/Function 7 .*\[starved\]/)
  })

  test('the index is a bar of its own', () => {
    const uneven = report({ concurrency: [8], unequal: 0.15, seed: 4, rounds: 20 })
    assertFair(uneven)
    expect(thrown(() => assertFair(uneven, { minimumJain: 0.999 })).message).toContain('That is below 0.999.')
  })

  test('inconclusive fails unless allowed', () => {
    const few = report({ rounds: 2 })
    expect(thrown(() => assertFair(few)).message).toContain('[rounds]')
    assertFair(few, { allowInconclusive: true })
  })
})

describe('assertBandwidth', () => {
  test('the whole interval must lie above', () => {
    assertBandwidth(isolated, { atLeastBitsPerSecond: 40e6 })
    const above = thrown(() => assertBandwidth(isolated, { atLeastBitsPerSecond: 60e6, concurrency: 8 }))
    expect(above).toMatchObject({ code: 'TOO_LITTLE_BANDWIDTH' })
    expect(above.message).toMatch(/n = 8: \d+\.\d Mbit\/s each \(95 %: .* order-statistic\); bottleneck: network\./)
    const across = { atLeastBitsPerSecond: isolated.cells[2]?.perFunction.medianBitsPerSecond ?? 0, concurrency: 4 }
    expect(() => assertBandwidth(isolated, across)).toThrow(/cannot tell: the interval reaches across the bar/)
    assertBandwidth(isolated, { ...across, allowInconclusive: true })
  })

  test('worst cell first', () => {
    const error = thrown(() => assertBandwidth(shared, { atLeastBitsPerSecond: 10e6 }))
    expect(error.message).toMatch(/3 of 6, worst first:\n.*n = 26: .*\n.*n = 16: .*\n.*n = 8: /)
  })

  test('what the target held back, and what survivors tell, is no verdict', () => {
    for (const [options, word] of [
      [{ targetBusy: 0.95 }, 'the target was saturated'],
      [{ failures: { share: 0.5 }, concurrency: [4], rounds: 30 }, 'samples failed'],
      [{ rounds: 2 }, 'give no interval'],
    ] as const) {
      const bad = report(options)
      expect(thrown(() => assertBandwidth(bad, { atLeastBitsPerSecond: 60e6 })).message).toContain(word)
      assertBandwidth(bad, { atLeastBitsPerSecond: 60e6, allowInconclusive: true })
    }
  })
})

describe('assertNotWorse', () => {
  const again = report({ seed: 2 })
  const slower = report({ seed: 2, bitsPerSecond: 35e6 })

  test('of reports and of journals', () => {
    assertNotWorse(again, isolated)
    expect(thrown(() => assertNotWorse(slower, isolated)).message).toMatch(
      /n = 1: WORSE, ratio 0\.\d+ \(95 %: 0\.\d+ to 0\.\d+, order-statistic\)\./,
    )
    assertNotWorse(slower, isolated, { margin: 0.8 })
    const journal = (options: SyntheticOptions) => syntheticJournal({ cv: 0.02, ...options })
    assertNotWorse(journal({ seed: 2 }), journal({}))
    assertNotWorse(journal({ seed: 2 }), isolated)
    expect(thrown(() => assertNotWorse(journal({ bitsPerSecond: 35e6 }), journal({}))).message).toMatch(/ratio 0\.70 .*, t-log\)/)
  })

  test('too much noise is inconclusive; a cell that one side lacks is too', () => {
    const noisy = [1, 2].map((seed) => report({ seed, cv: 0.5, rounds: 3, concurrency: [4] })) as [Report, Report]
    expect(() => assertNotWorse(...noisy)).toThrow(/cannot tell, ratio .* The interval reaches across 0\.91: more rounds may help\./)
    assertNotWorse(...noisy, { allowInconclusive: true })
    expect(thrown(() => assertNotWorse(report({ concurrency: [1] }), report({ concurrency: [2] }))).message).toContain('[one-sided]')
  })

  test('other probes are not compared', () => {
    const other: Report = { ...isolated, experiment: { ...isolated.experiment, probe: { name: 'latency', version: '1' } } }
    expect(thrown(() => assertNotWorse(other, isolated))).toMatchObject({ code: 'DIFFERENT_PROBES' })
  })
})

describe('filters', () => {
  test('that match nothing are an error, with what there is', () => {
    const error = thrown(() => assertFair(isolated, { memoryMb: 512 }))
    expect(error).toMatchObject({ name: 'InputError', code: 'NOTHING_MATCHES' })
    expect(error.message).toContain('{"memoryMb":512}')
    expect(error.hint).toContain('download at 2048 MB, n = 8')
    expect(thrown(() => assertIsolated(isolated, { factors: { path: 'vpc' } })).code).toBe('NOTHING_MATCHES')
    expect(thrown(() => assertFair(report({ concurrency: [1] }))).code).toBe('NOTHING_MATCHES')
  })

  test.each<[object, RegExp, RegExp]>([
    [{ memoryMB: 512 }, /unknown key "memoryMB"/, /Did you mean "memoryMb"/],
    [{ minJain: 0.9 }, /unknown key "minJain"/, /minimumJain/],
    [{ minimumJain: 1.5 }, /"minimumJain" must be <= 1, got 1.5/, /0–1/],
    [{ direction: 'down' }, /must be one of/, /function/],
  ])('%j', (options, message, hint) => {
    const error = thrown(() => assertFair(isolated, options))
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(hint)
  })
})
