import { describe, expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { seededRandom } from '../../src/analysis/seeded-random.ts'
import type { Report } from '../../src/model/report.ts'
import { cannotTell, describeFairness, describeMemory, describePlace, describeSharing } from '../../src/report/describe.ts'
import { formatMbit, formatRate, formatShare } from '../../src/report/format.ts'
import { renderReport } from '../../src/report/table.ts'
import { failedSample, type Ladder, ladderJournal } from '../analysis/ladder.ts'
import { lognormal } from '../analysis/noise.ts'

const random = seededRandom(12)
const report = (rate: Ladder['rate'], more: Partial<Ladder> = {}): Report =>
  analyzeJournal(ladderJournal({ rate: (at) => rate(at) * lognormal(random, 0.002), ...more }))
const sentence = (rate: Ladder['rate'], more: Partial<Ladder> = {}): string => report(rate, more).sharing.map(describeSharing).join('\n')

describe('a sharing verdict is a sentence', () => {
  test('shared', () => {
    expect(sentence(({ n }) => 573.2e6 / n)).toMatch(
      /^download at 2048 MB: SHARED \(firm, 1\.00\): 26 functions on one host together get 573\.\d Mbit\/s, as much as one alone; each gets 1\/n of it\.$/,
    )
  })

  test('isolated', () => {
    expect(sentence(() => 19.1e6)).toMatch(
      /ISOLATED up to 26 functions on one host \(firm, 1\.00\): each gets 19\.1 Mbit\/s, however many others run\.$/,
    )
  })

  test('capped', () => {
    expect(sentence(({ n }) => Math.min(47.8e6, 191.3e6 / n))).toMatch(
      /CAPPED \(firm, 1\.00\): a function never gets more than 47\.\d Mbit\/s, and all together never more than 191\.\d Mbit\/s: the knee is at [34]\.\d\d functions/,
    )
  })

  test('partial, degrading, capped-degrading', () => {
    expect(sentence(({ n }) => 70e6 * n ** -0.5)).toContain('PARTIAL (firm, 1.00): the rate of a function falls with n^-0.50')
    expect(sentence(({ n }) => 70e6 * n ** -1.5)).toContain('the more run, the less all of them get together')
    expect(sentence(({ n }) => Math.min(30e6, 30e6 * (n / 4) ** -1.5))).toContain('CAPPED-DEGRADING')
  })

  test('cannot tell, because', () => {
    const bound = sentence(() => 19.1e6, { sample: (sample) => ({ ...sample, throttled: 1 }) })
    expect(bound).toMatch(
      /^download at 2048 MB: cannot tell, because: n = 1, .*CPU quota.* \[cpu-bound\]; 0 usable levels .* \[levels\]\.$/,
    )
  })
})

test('places name what is known', () => {
  expect(describePlace({ direction: 'upload', factors: {} })).toBe('upload')
  expect(describePlace({ direction: 'upload', factors: { path: 'vpc', streams: 4 }, memoryMb: 128, concurrency: 8 })).toBe(
    'upload at 128 MB, n = 8 (path vpc, streams 4)',
  )
})

test('memory and fairness are sentences too', () => {
  const sizes = report(({ memoryMb }) => 1e6 * memoryMb, { memoryMb: [128, 256, 512, 1024], concurrency: [2], rounds: 6 })
  expect(sizes.memory.map(describeMemory)[0]).toMatch(/^download n = 2, over memory: PROPORTIONAL \(firm, .*the rate grows in proportion/)
  expect(sizes.fairness.map(describeFairness)[0]).toMatch(/^download at 128 MB, n = 2: FAIR \(corrected Jain index 0\.999\)\.$/)
  const starved = report(({ invocation }) => (invocation === 3 ? 1e6 : 20e6), { concurrency: [26] })
  expect(starved.fairness.map(describeFairness)[0]).toContain('UNFAIR (corrected Jain index 0.96). But: Function 3 stayed below half')
  expect(cannotTell([])).toBe('cannot tell.')
})

describe('the whole report', () => {
  const failing = report(() => 19.1e6, {
    sample: (sample, { n, repetition }) => (n === 26 && repetition < 2 ? failedSample(sample) : sample),
  })

  test('is a table and sentences, in plain text', () => {
    const text = renderReport(failing)
    expect(text).toMatch(/^iperf3 on local privileged\n┌/)
    expect(text).toMatch(/│ download +│ +2048 │ +26 │ +19\.1 │ +496\.\d │ .* │ 4 of 6 │ +52 │ network +│/)
    expect(text).toContain('ISOLATED up to 16 functions')
    expect(text).toContain('n = 2, 4, 8, 16: FAIR')
    expect(text.replace(/\s+/g, ' ')).toContain(
      'Left out Round m2048-n26-r0: function 0 failed (AGENT_DIED: killed), and 25 more. [failed-invocation]',
    )
    expect(text).not.toContain('Memory\n')
    expect(text).not.toContain('\u001b')
  })

  test('has colours when asked, and the same words', () => {
    const coloured = renderReport(failing, { color: true })
    expect(coloured).toContain('\u001b[1m')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours themselves
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(renderReport(failing))
  })

  test('breaks sentences at the width', () => {
    const sentences = renderReport(failing, { width: 60 })
      .split('\n')
      .filter((line) => !/[│┌├└]/.test(line))
    expect(Math.max(...sentences.map((line) => line.length))).toBeLessThanOrEqual(60)
  })

  test('shortens long lists', () => {
    const all = report(() => 1e6, { sample: (sample) => failedSample(sample, 'not-run') })
    expect(renderReport(all)).toContain('… and 26 more.')
    expect(all.sharing[0]?.verdict).toBe('inconclusive')
  })
})

test('numbers for people', () => {
  expect([1.5e9, 573.74e6, 19.1e6, 3.456e6, 900e3, 12].map(formatRate)).toEqual(
    ['1.50 Gbit/s', '573.7 Mbit/s', '19.1 Mbit/s', '3.46 Mbit/s', '900.0 kbit/s', '12.0 bit/s'],
  ) // biome-ignore format: one a rate
  expect([formatMbit(null), formatMbit(14e9), formatShare(null), formatShare(1), formatShare(0.9999), formatShare(0.5)]).toEqual(
    ['–', '14000', '–', '1.00', '0.999', '0.50'],
  ) // biome-ignore format: one a number
})
