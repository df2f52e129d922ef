import { expect, test } from 'vitest'
import { takenTurns } from '../../src/analysis/taken-turns.ts'
import type { Direction, Sample } from '../../src/model/journal-record.ts'

const completed = (invocation: number, instance: string, direction: Direction = 'download'): Sample => ({
  type: 'sample',
  round: 'r',
  invocation,
  direction,
  outcome: 'completed',
  instance,
  startedAtMs: 0,
  endedAtMs: 1,
})

const failed = (invocation: number, code: string, instance?: string): Sample => ({
  type: 'sample',
  round: 'r',
  invocation,
  outcome: 'not-run',
  error: { code, message: 'it failed' },
  ...(instance !== undefined && { instance }),
})

test('invocations that share an instance took turns, completed or too late', () => {
  expect(takenTurns([completed(0, 'a'), completed(1, 'a'), completed(2, 'b')])).toEqual({ invocations: 3, instances: 2 })
  expect(takenTurns([completed(0, 'a'), failed(1, 'ROUND_RELEASED', 'a')])).toEqual({ invocations: 2, instances: 1 })
})

test('both directions of one invocation are no turns, nor is who came late in an instance of its own', () => {
  expect(takenTurns([completed(0, 'a'), completed(0, 'a', 'upload'), completed(1, 'b'), completed(1, 'b', 'upload')])).toBeUndefined()
  expect(takenTurns([completed(0, 'a'), failed(1, 'ROUND_RELEASED', 'b')])).toBeUndefined()
  expect(takenTurns([])).toBeUndefined()
})

test('another failure is what the round tells: measuring again would hide it', () => {
  expect(takenTurns([failed(0, 'TARGET_UNREACHABLE', 'a'), completed(1, 'a')])).toBeUndefined()
  expect(takenTurns([completed(0, 'a'), completed(1, 'a'), failed(2, 'INVOCATION_THROTTLED')])).toBeUndefined()
})
