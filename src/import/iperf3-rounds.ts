import { InputError } from '../model/errors.ts'
import type { RoundDirection } from '../model/journal-record.ts'
import { broken, type ImportedTest } from './iperf3-file.ts'

/** Tests that ran at the same time. */
export interface ImportedRound {
  readonly direction: RoundDirection
  /** By start, then by name. */
  readonly tests: readonly ImportedTest[]
}

/** iperf3 stamps whole seconds: a start is known to this. */
export const stampMs = 1000

/**
 * Puts tests that overlap in time into one round, also by way of a third one.
 *
 * Tests one after the other may seem to overlap by up to the second that their stamps leave open: only more counts, or half of the shorter
 * test where that is less.
 * @throws InputError `MIXED_DIRECTIONS`, `BROKEN_IPERF3_FILE` (a failed test of unknown direction, with no other to go by)
 */
export function importedRounds(tests: readonly ImportedTest[]): readonly ImportedRound[] {
  const inOrder = [...tests].sort((a, b) => a.startMs - b.startMs || (a.file < b.file ? -1 : 1))
  let groups: ImportedTest[][] = []
  for (const test of inOrder) {
    const touched = groups.filter((group) => group.some((other) => together(test, other)))
    if (touched.length === 0) groups.push([test])
    else groups = [...groups.filter((group) => !touched.includes(group)), [...touched.flat(), test]]
  }
  const usual = onlyOne(inOrder.flatMap(directionOf))
  return groups.map((group) => ({ direction: roundDirection(group, usual), tests: group }))
}

function together(a: ImportedTest, b: ImportedTest): boolean {
  const overlap = Math.min(a.endMs, b.endMs) - Math.max(a.startMs, b.startMs)
  const shorter = Math.min(a.endMs - a.startMs, b.endMs - b.startMs)
  return overlap >= Math.min(stampMs, shorter / 2)
}

function directionOf({ transfers, direction }: ImportedTest): readonly RoundDirection[] {
  if (transfers.length > 1) return ['both']
  return [transfers[0]?.direction ?? direction ?? []].flat()
}

const onlyOne = <Value>(values: readonly Value[]): Value | undefined => (new Set(values).size === 1 ? values[0] : undefined)

function roundDirection(tests: readonly ImportedTest[], usual: RoundDirection | undefined): RoundDirection {
  // A failed test in both directions looks like one of them.
  const certain = tests.filter(({ error }) => error === undefined)
  const directions = [...new Set((certain.length > 0 ? certain : tests).flatMap(directionOf))]
  const [first = usual, second] = directions
  if (first === undefined) throw broken(tests[0]?.file ?? '', 'it failed before it had a direction, and no other file tells one')
  if (second === undefined) return first
  const named = tests.map((test) => `${test.file} (${directionOf(test).join()})`).slice(0, 4)
  throw new InputError('MIXED_DIRECTIONS', `Tests in different directions ran at the same time: ${named.join(', ')}.`, {
    hint: 'A round has one direction: import what ran together in one direction, or use `iperf3 --bidir` in all of them.',
  })
}
