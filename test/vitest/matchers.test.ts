import { expect, expectTypeOf, test } from 'vitest'
import '../../src/vitest/index.ts'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import type { IsolatedOptions } from '../../src/run/expectations.ts'
import { type SyntheticOptions, syntheticJournal } from '../../src/testing/index.ts'

const journal = (options: SyntheticOptions = {}) => syntheticJournal({ cv: 0.02, ...options })
const report = (options: SyntheticOptions = {}) => analyzeJournal(journal(options), { resamples: 200 })
const [isolated, shared, unfair, unknown] = [report(), report({ truth: 'shared' }), report({ shares: [3, 1] }), report({ rounds: 2 })]

test('hold', () => {
  expect(isolated).toBeIsolated()
  expect(isolated).toBeIsolated({ upTo: 16, memoryMb: 2048 })
  expect(isolated).toBeFair({ minimumJain: 0.9 })
  expect(isolated).toHaveBandwidth({ atLeastBitsPerSecond: 40e6 })
  expect(isolated).toNotBeWorseThan(shared)
  expect(journal()).toNotBeWorseThan(journal({ seed: 2 }))
})

test('fail with the verdict', () => {
  expect(() => expect(shared).toBeIsolated()).toThrow(/Expected isolated functions; .*\n.*SHARED/)
  expect(() => expect(unfair).toBeFair()).toThrow(/UNFAIR/)
  expect(() => expect(shared).toHaveBandwidth({ atLeastBitsPerSecond: 40e6 })).toThrow(/n = 26/)
  expect(() => expect(shared).toNotBeWorseThan(isolated)).toThrow(/ratio 0\.04/)
  expect(() => expect(unknown).toBeFair()).toThrow(/\[rounds\]/)
})

test('turned round', () => {
  expect(shared).not.toBeIsolated()
  expect(unfair).not.toBeFair({ concurrency: 8 })
  expect(() => expect(isolated).not.toBeIsolated()).toThrow(/Expected not isolated functions, but it holds at all 1:\n.*ISOLATED/)
})

test('what nobody can tell passes neither way, unless allowed', () => {
  expect(() => expect(unknown).toBeIsolated()).toThrow(/cannot tell/)
  expect(() => expect(unknown).not.toBeIsolated()).toThrow(/but this was not shown, some of it cannot be told/)
  expect(unknown).toBeIsolated({ allowInconclusive: true })
  expect(unknown).not.toBeIsolated({ allowInconclusive: true })
})

test('of promises', async () => {
  await expect(Promise.resolve(isolated)).resolves.toBeIsolated()
  expect(() => expect(Promise.resolve(isolated)).toBeIsolated()).toThrow(/Await `analyze` first/)
  expect(() => expect({}).toNotBeWorseThan(isolated)).toThrow(/not a report or a journal/)
})

// Checked by tsc.
test('types', () => {
  const matchers = expect(isolated)
  expectTypeOf(matchers.toBeIsolated).parameter(0).toEqualTypeOf<IsolatedOptions | undefined>()
  expectTypeOf(matchers.toBeFair).returns.toEqualTypeOf<void>()
  expectTypeOf(expect(Promise.resolve(isolated)).resolves.toBeFair).returns.toEqualTypeOf<Promise<void>>()
  // @ts-expect-error a mistyped option
  expect(() => expect(isolated).toBeFair({ minJain: 0.9 })).toThrow(/Did you mean|unknown key/)
  // @ts-expect-error the bar is required
  expect(() => expect(isolated).toHaveBandwidth({})).toThrow(/"atLeastBitsPerSecond" is missing/)
  // @ts-expect-error a number, not a text
  expect(() => expect(isolated).toBeIsolated({ upTo: '16' })).toThrow(/must be integer/)
})
