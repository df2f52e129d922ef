import { InputError } from '../model/errors.ts'

/** When a run has measured enough. Repetitions go on in whole blocks until every criterion that is given holds. */
export interface StopOptions {
  /**
   * Half-width of the 95 % interval of each cell's aggregate (with `work`: of its response time), relative to its median, 0–1 (not included): 0.1 = ± 10 %. A cell that has
   * reached it runs no more.
   */
  readonly relativeHalfWidth?: number
  /** Confidence of each sharing, memory and aggressor verdict, 0–1 (not included): 0.9 = firm. A fairness verdict must be given at all. */
  readonly verdictConfidence?: number
  /** Repetitions in any case, ≥ 3. Default: 6 with `relativeHalfWidth` (below that a median has no exact interval), else 5. */
  readonly minimum?: number
  /** Repetitions at most. Default 60. */
  readonly maximum?: number
  /**
   * After so many repetitions in a row the criterion must have held, ≥ 1. Default 2. Stopping at the first hit costs coverage: simulated at
   * cv 5–30 % and targets of 5–20 %, intervals at the stop cover 91.2–97.1 % with 1, 93.4–98.8 % with 2, 93.4–99.4 % with 3.
   */
  readonly consecutive?: number
}

/** Checked, with its defaults. */
export interface StopRule {
  readonly relativeHalfWidth?: number
  readonly verdictConfidence?: number
  readonly minimum: number
  readonly maximum: number
  readonly consecutive: number
}

/** What a run may use. */
export interface BudgetOptions {
  /**
   * Bytes that all functions together may move, > 0. Looked at before each round: one that would go beyond, by the most that a round of its
   * cell has moved so far, is not begun. Only the first round of a cell is not known beforehand and may go beyond.
   */
  readonly bytes?: number
  /**
   * US dollars that the run may cost, > 0. A run whose quote for the rounds that it needs in any case is higher is refused before anything
   * is deployed; later no round is begun that would go beyond, by what rounds of its cell have cost so far, at least as quoted. Where
   * nothing is billed it is always kept.
   */
  readonly usd?: number
}

/** Checked. */
export type Budget = BudgetOptions

const share = { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }
const count = (minimum: number) => ({ type: 'integer', minimum, maximum: 10_000 })

export const stopSchema: Readonly<Record<string, unknown>> = {
  type: 'object',
  anyOf: [{ required: ['relativeHalfWidth'] }, { required: ['verdictConfidence'] }],
  properties: {
    relativeHalfWidth: share,
    verdictConfidence: share,
    minimum: count(3),
    maximum: count(3),
    consecutive: count(1),
  },
  additionalProperties: false,
  description: 'For example {relativeHalfWidth: 0.1, maximum: 40} or {verdictConfidence: 0.9}.',
}

export const budgetSchema: Readonly<Record<string, unknown>> = {
  type: 'object',
  minProperties: 1,
  properties: { bytes: { type: 'number', exclusiveMinimum: 0 }, usd: { type: 'number', exclusiveMinimum: 0 } },
  additionalProperties: false,
  description: 'For example {usd: 5, bytes: 20e9}.',
}

const defaultMaximum = 60
/** Fewer values have no order-statistic interval of 95 %. */
const leastForInterval = 6

/** @throws InputError `INVALID_OPTION`: the limits contradict each other, or `repetitions` is given too */
export function checkedStop(stop: StopOptions, repetitions: number | undefined): StopRule {
  if (repetitions !== undefined)
    throw new InputError('INVALID_OPTION', `experiment: "repetitions" is ${repetitions}, but "stop" decides how many there are.`, {
      hint: 'Remove "repetitions", or set "stop.minimum" and "stop.maximum".',
    })
  const least = stop.relativeHalfWidth === undefined ? 5 : leastForInterval
  const {
    minimum = Math.min(least, stop.maximum ?? least),
    maximum = Math.max(defaultMaximum, minimum),
    consecutive = 2,
    ...criteria
  } = stop
  const refuse = (what: string): InputError =>
    new InputError('INVALID_OPTION', `experiment: "stop.maximum" is ${maximum}, ${what}.`, { hint: 'Raise it, or lower the other.' })
  if (maximum < minimum) throw refuse(`less than "stop.minimum", ${minimum}`)
  if (criteria.relativeHalfWidth !== undefined && maximum < leastForInterval)
    throw refuse(`but no interval can be told before ${leastForInterval} repetitions`)
  return { ...criteria, minimum, maximum, consecutive }
}
