import { EXTRACTORS } from './extract/registry.ts'
import type { DroppedValue, InstanceObservations, Observation } from './observation.ts'
import type { ObservedValues } from './observed-values.ts'
import { sharedValues } from './shared-values.ts'

const PASSED_ON: ReadonlySet<string> = new Set(
  EXTRACTORS.filter(({ passedOn, confidence }) => passedOn && confidence > 0).map(({ key }) => key),
)

/**
 * Values that pass to later instances: only instances that all lived at one moment may be compared, so each such group gets a realm
 * of its own. Members are taken by their start; a group ends before the first start that one of its
 * members did not live beyond: an address may be handed on at once.
 */
export function separateLifetimes(all: readonly InstanceObservations[], values: ObservedValues): InstanceObservations[] {
  const numbers = new Map<Observation, number>()
  for (const { kind: shared, holders } of sharedValues(all, ({ key }) => PASSED_ON.has(key))) {
    for (const [holder, number] of groupNumbers(all, holders)) {
      const own = all[holder]?.observations.find(({ kind }) => kind === shared)
      if (own !== undefined) numbers.set(own, number)
    }
  }
  return numbers.size === 0 ? [...all] : all.map((one) => inOwnRealms(one, numbers, values))
}

/** Which group each holder is of; nothing where all are of one. */
function groupNumbers(all: readonly InstanceObservations[], holders: readonly number[]): [holder: number, number: number][] {
  const fromMs = (holder: number): number => all[holder]?.instance.fromMs ?? 0
  const toMs = (holder: number): number => all[holder]?.instance.toMs ?? 0
  let until = Number.POSITIVE_INFINITY
  let number = 0
  const numbered = holders
    .toSorted((a, b) => fromMs(a) - fromMs(b))
    .map((holder): [number, number] => {
      const apart = fromMs(holder) >= until
      if (apart) number++
      until = apart ? toMs(holder) : Math.min(until, toMs(holder))
      return [holder, number]
    })
  return number === 0 ? [] : numbered
}

function inOwnRealms(one: InstanceObservations, numbers: ReadonlyMap<Observation, number>, values: ObservedValues): InstanceObservations {
  if (!one.observations.some((observation) => numbers.has(observation))) return one
  const dropped: DroppedValue[] = [...one.dropped]
  const observations = one.observations.map((observation) => {
    const number = numbers.get(observation)
    if (number === undefined) return observation
    const { kind, value } = observation
    const { key, realm } = kind
    dropped.push({
      key,
      code: 'lifetimes-apart',
      message: `${key}: instances of other times had "${value}" too, which links none of them.`,
    })
    return values.observe(kind, `${realm} #${number}`, value)
  })
  return { ...one, observations, dropped }
}
