import { InputError } from '../model/errors.ts'
import type { Factors, FactorValue } from '../model/journal-record.ts'
import type { Probe } from '../model/probe.ts'
import type { Provider } from '../providers/provider.ts'
import type { Experiment } from './experiment.ts'

type Levels = Readonly<Record<string, readonly FactorValue[]>>

/**
 * Checks that every level of every factor can be set: by the provider where it knows the factor, else by the probe.
 * @throws InputError `INVALID_OPTION` with the levels on offer; what the probe throws, `UNKNOWN_OPTION` among it
 */
export function checkFactors(factors: Levels, provider: Provider, probe: Probe): void {
  for (const [name, values] of Object.entries(factors)) {
    const offered = provider.factors?.[name]
    for (const value of values) {
      if (offered === undefined) checkParameter(name, value, provider, probe)
      else if (!isAmong(offered, value)) throw notOffered(name, value, provider.name, offered)
    }
  }
}

/** The levels that the provider sets by how it deploys; empty where there are none. */
export function deployedLevels(factors: Factors, { factors: offered = {} }: Provider): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(factors)
      .filter(([name]) => name in offered)
      .map(([name, value]) => [name, String(value)]),
  )
}

/** The probe at the levels that are its own. */
export function probeAt(probe: Probe, factors: Factors, { factors: offered = {} }: Provider): Probe {
  return probe.withParams(Object.fromEntries(Object.entries(factors).filter(([name]) => !(name in offered))))
}

/** What is deployed by itself: a memory size, and a level of each factor that the provider sets. */
export interface Place {
  readonly memoryMb: number
  readonly levels: Readonly<Record<string, string>>
}

/** All that an experiment deploys, each once. */
export function placesOf({ provider, memoryMb, factors }: Experiment): readonly Place[] {
  const combinations = combinationsOf(Object.fromEntries(Object.entries(factors).filter(([name]) => name in (provider.factors ?? {}))))
  return memoryMb.flatMap((size) => combinations.map((levels) => ({ memoryMb: size, levels: deployedLevels(levels, provider) })))
}

/** Names a place. */
export function placeName({ memoryMb, levels }: Place): string {
  return JSON.stringify([memoryMb, Object.entries(levels).sort(([a], [b]) => (a < b ? -1 : 1))])
}

/** All combinations of the levels of all factors; one empty combination where there are none. */
export function combinationsOf(factors: Levels): readonly Factors[] {
  return Object.entries(factors).reduce<readonly Factors[]>(
    (combinations, [name, values]) => combinations.flatMap((chosen) => values.map((value) => ({ ...chosen, [name]: value }))),
    [{}],
  )
}

const isAmong = (offered: readonly string[], value: FactorValue): boolean => offered.some((level) => level === value)

function notOffered(name: string, value: FactorValue, provider: string, offered: readonly string[]): InputError {
  const levels = offered.map((level) => JSON.stringify(level)).join(', ')
  return new InputError('INVALID_OPTION', `experiment: the factor "${name}" has no level ${JSON.stringify(value)} on ${provider}.`, {
    hint: `It offers ${levels}.`,
  })
}

function checkParameter(name: string, value: FactorValue, { name: provider, factors = {} }: Provider, probe: Probe): void {
  try {
    probe.withParams({ [name]: value })
  } catch (error) {
    const own = Object.keys(factors)
    if (!(error instanceof InputError && error.code === 'UNKNOWN_OPTION') || own.length === 0) throw error
    throw new InputError(error.code, error.message, {
      hint: `${error.hint} Factors that ${provider} sets: ${own.join(', ')}.`,
      cause: error,
    })
  }
}
