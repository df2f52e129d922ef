import { InputError } from '../model/errors.ts'
import type { FixedWork } from '../model/fixed-work.ts'
import type { FactorValue, RoundDirection } from '../model/journal-record.ts'
import { checkOptions, type OptionsSchema } from '../model/options.ts'
import type { Probe } from '../model/probe.ts'
import type { Target } from '../model/target.ts'
import type { QuoteOptions } from '../pricing/quote.ts'
import type { Provider } from '../providers/provider.ts'
import { type Aggressor, type AggressorOptions, aggressorConcurrency, aggressorSchema, checkedAggressor } from './aggressor.ts'
import { type ColocationOptions, checkedColocation, colocationSchema, type Verification } from './contention-options.ts'
import { checkedExpectations, checkMeasured, type Expectation } from './expectations.ts'
import { checkedWork, type WorkOptions, workSchema } from './fixed-work.ts'
import { checkFactors } from './provider-factors.ts'
import { type Budget, type BudgetOptions, budgetSchema, checkedStop, type StopOptions, type StopRule, stopSchema } from './stopping.ts'

/** What a user asks for. */
export interface ExperimentOptions {
  /** Where: `local({…})`. */
  readonly provider: Provider
  /** What each function does: `iperf3({…})`, or one's own by `defineProbe`. */
  readonly probe: Probe
  /** Memory sizes in MB, each > 0. */
  readonly memoryMb: readonly number[]
  /**
   * How many functions at once, each an integer ≥ 1. A sharing verdict needs at least 4 values. Required, but for experiments with
   * `aggressor`: there it follows from victims and neighbours and must be absent.
   */
  readonly concurrency?: readonly number[]
  /** Seen from the function. Default `['download']`. */
  readonly direction?: readonly RoundDirection[]
  /**
   * Further factors with the values that each shall take: a parameter of the probe (`{parallel: [1, 8]}`), or what the provider sets by how it
   * deploys (`{path: ['public', 'vpc']}`, see `Provider.factors`); a name that both know is the provider's. Default none.
   */
  readonly factors?: Readonly<Record<string, readonly FactorValue[]>>
  /** Rounds a cell, ≥ 1. A verdict needs 3, an exact interval of a median 6. Default 6; must be absent where `stop` is given. */
  readonly repetitions?: number
  /**
   * So often each cell runs before its first round, 0–1000: what is slow at first in a new function (code that is not compiled yet, connections,
   * caches) is over then. The journal has these rounds (`rehearsal: true`), and they are paid for; nothing else of the report takes them in. A run that
   * is resumed does it again. Default 0.
   */
  readonly rehearsals?: number
  /** When a run has measured enough, instead of a fixed number of repetitions. */
  readonly stop?: StopOptions
  /** What the run may use; at its end the run fails with `BUDGET_REACHED`, and the data are kept. Default: no limit. */
  readonly budget?: BudgetOptions
  /** What the quote cannot know by itself; no part of what is measured. */
  readonly quote?: QuoteOptions
  /** What neighbours cost a victim, instead of `concurrency`. */
  readonly aggressor?: AggressorOptions
  /** Tests who shares a host, after all rounds, by contention among these functions. Default: nobody is tested. */
  readonly colocation?: ColocationOptions
  /** What all functions of a round move together, instead of each for itself: then what counts is how long it takes. Not with `aggressor`. */
  readonly work?: WorkOptions
  /** Seed of the order of rounds, an integer. Default 1. */
  readonly seed?: number
  /** Dropped at the start of every window, in milliseconds, ≥ 0. Default: what the probe asks for, else 200. */
  readonly warmUpMs?: number
  /** Rest after each round, in milliseconds, ≥ 0. Default 0. */
  readonly restMs?: number
  /** Where the bytes go, where the provider does not start its own. */
  readonly target?: Target | readonly Target[]
  /** What the report shall say; `netfair run` and `netfair analyze` exit with 1 where it does not. No part of what is measured. */
  readonly expectations?: readonly Expectation[]
}

/** A checked experiment with all defaults filled in. */
export interface Experiment {
  readonly provider: Provider
  readonly probe: Probe
  readonly memoryMb: readonly number[]
  readonly concurrency: readonly number[]
  readonly direction: readonly RoundDirection[]
  readonly factors: Readonly<Record<string, readonly FactorValue[]>>
  /** With `stop`: at most so many. */
  readonly repetitions: number
  /** Absent where there are none. */
  readonly rehearsals?: number
  readonly stop?: StopRule
  readonly budget?: Budget
  readonly quote: QuoteOptions
  readonly aggressor?: Aggressor
  readonly colocation?: Verification
  readonly work?: FixedWork
  readonly seed: number
  readonly warmUpMs: number
  readonly restMs: number
  /** Empty where the provider starts its own. */
  readonly targets: readonly Target[]
  readonly expectations?: readonly Expectation[]
}

const listOf = (items: object, description: string) => ({ type: 'array', items, minItems: 1, uniqueItems: true, description })
const target = {
  type: 'object',
  required: ['iperf3', 'http'],
  properties: {
    iperf3: { type: 'string', pattern: '^.+:\\d+$' },
    http: { type: 'string', pattern: '^https?://.+' },
    token: { type: 'string', minLength: 1 },
  },
  additionalProperties: false,
}

const price = { type: 'number', minimum: 0 }
const quoteSchema = {
  type: 'object',
  properties: {
    bitsPerSecond: { type: 'number', exclusiveMinimum: 0 },
    overheadMs: { type: 'number', minimum: 0 },
    startMs: { type: 'number', minimum: 0 },
    targetUsdPerHour: price,
    targetUsdPerGB: price,
  },
  additionalProperties: false,
  description: 'For example {bitsPerSecond: 500e6, targetUsdPerHour: 0.2}.',
}

const schema: OptionsSchema = {
  type: 'object',
  required: ['provider', 'probe', 'memoryMb'],
  properties: {
    provider: { type: 'object', required: ['deploy'], description: 'Give a provider, for example local({uplinkBitsPerSecond: 600e6}).' },
    probe: {
      type: 'object',
      required: ['name', 'version', 'params', 'expectedMs', 'withParams'],
      description: 'Give a probe, for example iperf3({seconds: 2}).',
    },
    memoryMb: listOf({ type: 'number', exclusiveMinimum: 0 }, 'Memory sizes in MB, each once: [128, 2048].'),
    concurrency: listOf({ type: 'integer', minimum: 1 }, 'Numbers of functions at once, each once: [1, 2, 4, 8].'),
    direction: listOf({ enum: ['download', 'upload', 'both'] }, 'Seen from the function. It is optional and defaults to ["download"].'),
    factors: {
      type: 'object',
      additionalProperties: listOf({ type: ['string', 'number', 'boolean'] }, 'The values that the factor takes.'),
      description: 'Lists of values by name, for example {parallel: [1, 8]}.',
    },
    repetitions: { type: 'integer', minimum: 1, maximum: 10_000, description: 'Rounds a cell. It is optional and defaults to 6.' },
    rehearsals: { type: 'integer', minimum: 0, maximum: 1000, description: 'Rounds a cell that do not count, before those that do.' },
    stop: stopSchema,
    budget: budgetSchema,
    quote: quoteSchema,
    aggressor: aggressorSchema,
    colocation: colocationSchema,
    work: workSchema,
    seed: { type: 'integer', description: 'An integer. It is optional and defaults to 1.' },
    warmUpMs: { type: 'number', minimum: 0, description: 'Milliseconds dropped at the start of every window. It is optional.' },
    restMs: { type: 'number', minimum: 0, description: 'Milliseconds of rest after each round. It is optional and defaults to 0.' },
    target: {
      anyOf: [target, { type: 'array', items: target, minItems: 1 }],
      description: 'As printed by `netfair serve`: {iperf3, http, token}.',
    },
    expectations: {
      type: 'array',
      description: 'A list, for example [{sharing: "isolated", upTo: 16}, {fairness: "fair"}]. It is optional.',
    },
  },
  additionalProperties: false,
}

/**
 * Checks an experiment and fills in its defaults. Nothing is deployed or measured yet: see `plan` and `run`.
 *
 * @throws InputError `INVALID_OPTION`, `MISSING_OPTION`, `UNKNOWN_OPTION` (with the nearest known key), `TARGET_REQUIRED`,
 *   `TARGET_NOT_WANTED`, `WINDOW_EMPTY`, `WORK_PROBE`, `DIRECTION_NOT_MEASURED`, `UNMEASURED_EXPECTATION`
 */
export function defineExperiment(options: ExperimentOptions): Experiment {
  const given = checkOptions<ExperimentOptions>('experiment', options, schema)
  const { provider, probe, memoryMb } = given
  const warmUpMs = given.warmUpMs ?? probe.warmUpMs ?? 200
  checkDirections(given)
  checkFactors(given.factors ?? {}, provider, probe)
  if (given.work === undefined && warmUpMs >= probe.expectedMs)
    throw new InputError('WINDOW_EMPTY', `experiment: "warmUpMs" is ${warmUpMs}, but the probe measures for ${probe.expectedMs} ms only.`, {
      hint: 'Let the probe run longer, or lower "warmUpMs".',
    })
  const levels = checkedLevels(given)
  const direction = given.direction ?? ['download']
  const experiment: Experiment = {
    provider,
    probe,
    memoryMb,
    ...levels,
    ...(given.colocation && { colocation: checkedColocation(given.colocation, Math.max(...levels.concurrency), given.factors ?? {}) }),
    direction,
    factors: given.factors ?? {},
    ...checkedExtent(given),
    ...(given.rehearsals !== undefined && given.rehearsals > 0 && { rehearsals: given.rehearsals }),
    seed: given.seed ?? 1,
    warmUpMs,
    restMs: given.restMs ?? 0,
    targets: checkedTargets(given),
    quote: given.quote ?? {},
    ...(given.work !== undefined && { work: checkedWork(given.work, { ...levels, probe, direction, factors: given.factors ?? {} }) }),
  }
  if (given.expectations === undefined) return experiment
  const expectations = checkedExpectations('experiment', given.expectations)
  checkMeasured(expectations, experiment)
  return { ...experiment, expectations }
}

function checkDirections({ probe, direction = ['download'] }: ExperimentOptions): void {
  const { name, directions } = probe
  const unfit = direction.find((one) => directions !== undefined && !directions.includes(one))
  if (unfit === undefined) return
  const able = directions?.map((one) => `"${one}"`).join(', ')
  throw new InputError('DIRECTION_NOT_MEASURED', `experiment: the probe ${name} cannot measure the direction "${unfit}", only ${able}.`, {
    hint: 'Change "direction", or take another probe: iperf3 measures all.',
  })
}

function checkedLevels({
  concurrency,
  aggressor,
  work,
  probe,
  factors = {},
}: ExperimentOptions): Pick<Experiment, 'concurrency' | 'aggressor'> {
  if (aggressor !== undefined) {
    if (work !== undefined)
      throw new InputError('INVALID_OPTION', 'experiment: "work" and "aggressor" are both given.', {
        hint: 'Remove one: neighbours push for a time, a fixed work ends when it is done.',
      })
    if (concurrency === undefined) {
      const checked = checkedAggressor(aggressor, probe, factors)
      return { aggressor: checked, concurrency: aggressorConcurrency(checked) }
    }
    throw new InputError('INVALID_OPTION', 'experiment: "concurrency" and "aggressor" are both given.', {
      hint: 'Remove "concurrency": it follows from victims and neighbours.',
    })
  }
  if (concurrency !== undefined) return { concurrency }
  throw new InputError('MISSING_OPTION', 'experiment: "concurrency" is missing.', {
    hint: 'Give numbers of functions at once, for example [1, 2, 4, 8].',
  })
}

function checkedExtent({ repetitions, stop, budget }: ExperimentOptions): Pick<Experiment, 'repetitions' | 'stop' | 'budget'> {
  const rule = stop && checkedStop(stop, repetitions)
  return {
    repetitions: rule?.maximum ?? repetitions ?? 6,
    ...(rule !== undefined && { stop: rule }),
    ...(budget !== undefined && { budget }),
  }
}

function checkedTargets({ target, provider }: ExperimentOptions): readonly Target[] {
  if (provider.targetPlace !== undefined) {
    if (target === undefined) return []
    throw new InputError('TARGET_NOT_WANTED', `experiment: ${provider.name} starts its own target behind the uplink.`, {
      hint: 'Remove "target".',
    })
  }
  if (target !== undefined) return 'iperf3' in target ? [target] : target
  throw new InputError('TARGET_REQUIRED', `experiment: ${provider.name} needs "target": functions must have something to talk to.`, {
    hint: 'Start one with `netfair serve` on a machine that the functions reach, and pass what it prints.',
  })
}
