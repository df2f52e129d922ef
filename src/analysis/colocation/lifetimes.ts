import { EXTRACTORS } from './extract/registry.ts'
import type { InstanceObservations, Observation } from './observation.ts'

const PASSED_ON: ReadonlySet<string> = new Set(EXTRACTORS.filter(({ passedOn }) => passedOn).map(({ key }) => key))

/**
 * Values that pass to later instances: only instances that all lived at one moment may be compared, so each such group gets a realm
 * of its own. Members are taken by their start; a group ends before the first start that one of its members did not live to see.
 */
export function separateLifetimes(all: readonly InstanceObservations[]): InstanceObservations[] {
  const realms = realmsByLifetime(all)
  return all.map((one) => {
    const dropped = [...one.dropped]
    const observations = one.observations.map((observation) => {
      const group = realms.get(observation)
      if (group === undefined) return observation
      const { key, value } = observation
      dropped.push({
        key,
        code: 'lifetimes-apart',
        message: `${key}: instances of other times had "${value}" too, which links none of them.`,
      })
      return { ...observation, realm: `${observation.realm} #${group}` }
    })
    return { ...one, observations, dropped }
  })
}

/** The number of its group, for observations whose value was seen at several times. */
function realmsByLifetime(all: readonly InstanceObservations[]): Map<Observation, number> {
  const holders = new Map<string, { readonly observation: Observation; readonly fromMs: number; readonly toMs: number }[]>()
  for (const { instance, observations } of all) {
    for (const observation of observations) {
      if (!PASSED_ON.has(observation.key) || observation.confidence === 0) continue
      const name = `${observation.key} ${observation.realm} ${observation.value}`
      const group = holders.get(name) ?? []
      if (group.push({ observation, fromMs: instance.fromMs, toMs: instance.toMs }) === 1) holders.set(name, group)
    }
  }
  const realms = new Map<Observation, number>()
  for (const group of holders.values()) {
    let until = Number.POSITIVE_INFINITY
    let number = 0
    const numbered = group
      .toSorted((a, b) => a.fromMs - b.fromMs)
      .map(({ observation, fromMs, toMs }) => {
        if (fromMs > until) {
          number++
          until = toMs
        } else until = Math.min(until, toMs)
        return { observation, number }
      })
    if (number > 0) for (const { observation, number } of numbered) realms.set(observation, number)
  }
  return realms
}
