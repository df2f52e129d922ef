import { type ContentionAnswer, lost, type ReadingRules } from './contention.ts'
import type { Unit } from './settle.ts'

/** What was told counts as much as so many readings. */
const PRIOR_READINGS = 50
/** Readings that are wrong more often say nearly nothing. */
const LARGEST_ERROR = 0.4

/**
 * How often a reading of leader tests is wrong, by those that contradict the groups they gave: losses between two groups, none within one.
 * Never less than told, since groups are made to agree with the readings.
 */
export function readingError(units: readonly Unit[], answers: readonly ContentionAnswer[], rules: ReadingRules): number {
  const unitOf = new Map(units.flatMap(({ names }, index) => names.map((name) => [name, index] as const)))
  let all = 0
  let wrong = 0
  for (const { kind, senders, readings } of answers) {
    const own = unitOf.get(senders[0] ?? '')
    if (kind !== 'leader' || own === undefined) continue
    for (const reading of readings) {
      const loses = lost(reading, rules)
      if (loses === undefined) continue
      all++
      if (loses !== (unitOf.get(reading.listener) === own)) wrong++
    }
  }
  const share = (wrong + PRIOR_READINGS * rules.readingError) / (all + PRIOR_READINGS)
  return Math.min(LARGEST_ERROR, Math.max(rules.readingError, share))
}
