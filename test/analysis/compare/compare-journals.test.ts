import { describe, expect, test } from 'vitest'
import { compareJournals } from '../../../src/analysis/compare/compare-journals.ts'
import type { ComparedCell, Comparison } from '../../../src/analysis/compare/comparison.ts'
import { type SyntheticOptions, syntheticJournal } from '../../../src/testing/index.ts'

const small: SyntheticOptions = { concurrency: [1, 4], rounds: 6, cv: 0.03 }
const compare = (...options: SyntheticOptions[]): Comparison =>
  compareJournals(
    options.map((each, index) => ({ name: 'ABC'[index] ?? '', journal: syntheticJournal({ seed: index + 1, ...small, ...each }) })),
  )
const verdicts = ({ cells }: Comparison) => cells.map(({ verdict }) => verdict)
const codes = ({ reasons }: ComparedCell) => reasons.map(({ code }) => code)

describe('verdicts', () => {
  test('better, worse, equivalent', () => {
    expect(verdicts(compare({}, { bitsPerSecond: 100e6 }))).toEqual(['better', 'better'])
    expect(verdicts(compare({}, { bitsPerSecond: 25e6 }))).toEqual(['worse', 'worse'])
    expect(verdicts(compare({}, { bitsPerSecond: 50.1e6 }))).toEqual(['equivalent', 'equivalent'])
  })

  test('a difference that is sure but small is not "better"', () => {
    expect(verdicts(compare({ cv: 0.001, cvWithin: 0 }, { cv: 0.001, cvWithin: 0, bitsPerSecond: 54e6 }))).toEqual([
      'equivalent',
      'equivalent',
    ])
  })

  test('no difference found is not "equivalent"', () => {
    const noisy = compare({ cv: 0.4, rounds: 3 }, { cv: 0.4, rounds: 3 })
    expect(verdicts(noisy)).toEqual(['inconclusive', 'inconclusive'])
    expect(noisy.cells[0]?.reasons[0]).toMatchObject({ code: 'rounds', message: expect.stringMatching(/More rounds/) })
    expect(noisy.cells[0]?.interval).not.toBeNull()
  })

  test('a journal against itself is equivalent, however much its rounds scatter', () => {
    for (const options of [{ cv: 0 }, { cv: 0.4 }, { cv: 0.4, hosts: 3, rounds: 9 }]) {
      const same = { seed: 5, ...options }
      for (const cell of compare(same, same).cells)
        expect(cell).toMatchObject({ verdict: 'equivalent', ratio: 1, interval: { low: 1, high: 1 }, effect: 0, pHolm: 1 })
    }
  })

  test('the candidate is the later journal; turned round, the ratio is the inverse', () => {
    const [there] = compare({}, { bitsPerSecond: 100e6, seed: 2 }).cells
    const [back] = compare({ bitsPerSecond: 100e6, seed: 2 }, { seed: 1 }).cells
    expect((there?.ratio ?? 0) * (back?.ratio ?? 0)).toBeCloseTo(1, 12)
    expect(there?.pHolm).toBeCloseTo(back?.pHolm ?? 0, 12)
    expect(there?.effect).toBe(1)
    expect(back?.effect).toBe(-1)
  })

  test('equal networks are called different in 5 % of families at most', () => {
    let alarms = 0
    for (let seed = 0; seed < 100; seed++) {
      const found = verdicts(compare({ seed: 2 * seed + 10, cv: 0.2 }, { seed: 2 * seed + 11, cv: 0.2 }))
      if (found.some((verdict) => verdict === 'better' || verdict === 'worse')) alarms++
    }
    expect(alarms).toBeLessThanOrEqual(11) // three standard errors above 5 %
  })

  test('networks 12 % apart are called equivalent in 5 % at most', () => {
    let wrong = 0
    for (let seed = 0; seed < 100; seed++) {
      const options = { cv: 0.05, concurrency: [4] }
      const found = verdicts(compare({ ...options, seed: 2 * seed + 10 }, { ...options, seed: 2 * seed + 11, bitsPerSecond: 56e6 }))
      if (found.includes('equivalent')) wrong++
    }
    expect(wrong).toBeLessThanOrEqual(11)
  })
})

describe('blocks', () => {
  test('rounds of the same host and repetition are pairs', () => {
    const hosts = { hosts: 3, hostCv: 0.5, cv: 0.02, rounds: 6, seed: 3 }
    // The same seed draws the same hosts.
    const { cells } = compare(hosts, { ...hosts, bitsPerSecond: 40e6 })
    for (const cell of cells) expect(cell).toMatchObject({ pairing: 'host-and-repetition', verdict: 'worse' })
  })

  test('hosts of other providers are other hosts', () => {
    const [cell] = compare({ provider: { name: 'aws' } }, { provider: { name: 'gcp' } }).cells
    expect(cell).toMatchObject({ pairing: 'none', effect: expect.any(Number) })
  })
})

describe('cells that are no witnesses', () => {
  test.each<[string, SyntheticOptions]>([
    ['cpu-bound', { throttled: 0.8 }],
    ['target-saturated', { targetBusy: 0.95 }],
    ['failed-invocation', { failures: { share: 0.9 } }],
    ['tier', { provider: { name: 'local', tier: 'plain' } }],
    ['rounds', { rounds: 2 }],
  ])('%s: inconclusive with the reason and the journal', (code, options) => {
    for (const comparison of [compare({}, options), compare(options, {})]) {
      for (const cell of comparison.cells) {
        expect(cell).toMatchObject({ verdict: 'inconclusive', ratio: null, interval: null, effect: null, pHolm: null, pairing: null })
        expect(codes(cell)).toContain(code)
        expect(cell.reasons[0]?.message).toMatch(/^[AB]: /)
      }
    }
  })

  test('one direction alone is not compared with both at the same time', () => {
    const { cells } = compare({ direction: 'download' }, { direction: 'both', bitsPerSecond: 10e6 })
    expect(cells.map(({ direction, verdict }) => [direction, verdict])).toEqual([
      ['download', 'inconclusive'],
      ['download', 'inconclusive'],
      ['upload', 'inconclusive'],
      ['upload', 'inconclusive'],
    ])
    expect(cells[0]?.reasons[0]?.message).toMatch(/both directions at the same time/)
  })

  test('on one side only', () => {
    const { cells } = compare({ concurrency: [1, 4] }, { concurrency: [4, 8] })
    expect(cells.map(({ concurrency, verdict }) => [concurrency, verdict])).toEqual([
      [1, 'inconclusive'],
      [4, 'equivalent'],
      [8, 'inconclusive'],
    ])
    expect(cells.map((cell) => cell.reasons[0]?.message)).toEqual(['A has this cell, B has not.', undefined, 'B has this cell, A has not.'])
  })
})

test('of several journals every pair is compared, and Holm counts all of them', () => {
  const three = compare({ cv: 0.2 }, { cv: 0.2 }, { cv: 0.2, bitsPerSecond: 80e6 })
  expect(three.cells.map(({ baseline, candidate }) => `${baseline}${candidate}`)).toEqual(['01', '01', '02', '02', '12', '12'])
  const [two] = compare({ cv: 0.2 }, { cv: 0.2, bitsPerSecond: 80e6, seed: 3 }).cells
  expect(three.cells[2]?.pHolm).toBeGreaterThan(two?.pHolm ?? 1)
  expect(Object.keys(three)).toEqual(['schema', 'journals', 'cells'])
})

test('wrong input', () => {
  const journal = syntheticJournal(small)
  const other = { ...journal, experiment: { ...journal.experiment, probe: { name: 'latency', version: '1' } } }
  expect(() => compareJournals([{ name: 'A', journal }])).toThrow(/two journals or more, got 1/)
  expect(() => compareJournals([{ name: 'A', journal }, { name: 'B', journal: other }])).toThrow(/A was measured by synthetic, B by latency/) // biome-ignore format: one idea
  expect(() => compareJournals([{ name: 'A', journal }, { name: 'B', journal }], { margin: 0 })).toThrow(/"margin" must be > 0, got 0/) // biome-ignore format: one idea
})
