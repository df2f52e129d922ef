import { type ContentionAnswer, type ContentionTest, lost, type ReadingRules } from './contention.ts'
import type { Unit } from './settle.ts'

/** The second one is among those who lost in the first: so few are left by chance that testing them one by one is cheap. */
const SCREENS = 2

/**
 * All leaders of a stratum send at once: a unit that loses shares its host with another one, of which its fingerprint said that it does not.
 *
 * @returns the screen to run; without one, who lost every time, if they are two or more
 */
export function screenLeaders(
  units: readonly Unit[],
  answers: readonly ContentionAnswer[],
  rules: ReadingRules,
): { readonly next: ContentionTest | undefined; readonly suspects: readonly Unit[] } {
  let suspects = units
  const screens = answers.filter(({ kind }) => kind === 'screen').slice(0, SCREENS)
  for (const { readings } of screens) {
    const hit = new Set(readings.filter((reading) => lost(reading, rules) !== false).map(({ listener }) => listener))
    suspects = suspects.filter(({ names }) => names.some((name) => hit.has(name)))
  }
  if (suspects.length < 2) return { next: undefined, suspects: [] }
  if (screens.length === SCREENS) return { next: undefined, suspects }
  const leaders = suspects.map(({ names: [leader = ''] }) => leader)
  return { next: { kind: 'screen', senders: leaders, listeners: leaders }, suspects }
}
