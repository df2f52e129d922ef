import { InputError } from '../model/errors.ts'
import type { Factors } from '../model/journal-record.ts'
import type { Probe } from '../model/probe.ts'

/** What neighbours cost a victim: some functions run the probe as it is, others beside them push harder. */
export interface AggressorOptions {
  /** Functions that run the probe as it is given, ≥ 1. Default 1. */
  readonly victims?: number
  /** How many others run at the same time, each ≥ 0: 0 (the victims alone) and at least one more, for example `[0, 1, 3, 7]`. */
  readonly neighbours: readonly number[]
  /**
   * Parallel streams of each neighbour, each ≥ 1: its probe is the given one with this `parallel`. Default `[1]`. Levels that differ from
   * the victims' own tell sharing per flow from sharing per function: `[1, 8]`.
   */
  readonly streams?: readonly number[]
}

/** Checked, with its defaults. */
export type Aggressor = Required<AggressorOptions>

/** Who is who in the rounds of one cell: invocations 0 … victims − 1 are victims, the others neighbours. */
export interface Roles {
  readonly victims: number
  /** What the neighbours run. */
  readonly neighbour: Probe
}

export const aggressorSchema: Readonly<Record<string, unknown>> = {
  type: 'object',
  required: ['neighbours'],
  properties: {
    victims: { type: 'integer', minimum: 1 },
    neighbours: { type: 'array', items: { type: 'integer', minimum: 0 }, minItems: 2, uniqueItems: true },
    streams: { type: 'array', items: { type: 'integer', minimum: 1 }, minItems: 1, uniqueItems: true },
  },
  additionalProperties: false,
  description: 'For example {victims: 1, neighbours: [0, 1, 3, 7], streams: [1, 8]}; neighbours must hold 0 and at least one more.',
}

/** The factors that an aggressor adds to a cell. */
const ownFactors = ['neighbours', 'streams']

/**
 * @throws InputError `INVALID_OPTION`: no cell without neighbours, or a factor of the same name; `AGGRESSOR_PROBE`: the probe has no `parallel`
 */
export function checkedAggressor({ victims = 1, neighbours, streams = [1] }: AggressorOptions, probe: Probe, factors: object): Aggressor {
  if (!neighbours.includes(0))
    throw new InputError('INVALID_OPTION', `experiment: "aggressor.neighbours" must hold 0, got ${JSON.stringify(neighbours)}.`, {
      hint: 'Add 0: the victims alone are what every loss is measured against.',
    })
  const taken = Object.keys(factors).find((name) => ownFactors.includes(name))
  if (taken !== undefined)
    throw new InputError('INVALID_OPTION', `experiment: the factor "${taken}" is one of the aggressor's own.`, {
      hint: `Set it in "aggressor.${taken}" only, or rename the probe's parameter.`,
    })
  for (const parallel of streams) neighbourProbe(probe, parallel)
  return { victims, neighbours, streams }
}

/** Levels of concurrency that follow from victims and neighbours, ascending. */
export function aggressorConcurrency({ victims, neighbours }: Aggressor): readonly number[] {
  return neighbours.map((count) => victims + count).sort((a, b) => a - b)
}

/** Where the victims are alone there are no streams to vary: that is one cell, and every level of streams is compared with it. */
export function aggressorCells(
  { victims, neighbours, streams }: Aggressor,
  probe: Probe,
): readonly { readonly concurrency: number; readonly factors: Factors; readonly roles: Roles }[] {
  return neighbours.flatMap((count) =>
    (count === 0 ? [undefined] : streams).map((parallel) => ({
      concurrency: victims + count,
      factors: { neighbours: count, ...(parallel !== undefined && { streams: parallel }) },
      roles: { victims, neighbour: parallel === undefined ? probe : neighbourProbe(probe, parallel) },
    })),
  )
}

function neighbourProbe(probe: Probe, parallel: number): Probe {
  try {
    return probe.withParams({ parallel })
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause
    throw new InputError('AGGRESSOR_PROBE', `experiment: "aggressor" needs a probe with ${parallel} parallel streams: ${cause.message}`, {
      hint: 'Use a probe with the parameter "parallel", for example iperf3(), and streams that it allows.',
      cause,
    })
  }
}
