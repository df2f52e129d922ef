import { MeasurementError } from '../model/errors.ts'
import type { Journal } from '../model/journal.ts'
import type { Sample } from '../model/journal-record.ts'
import { cellId, type PlannedRound } from './plan.ts'

/** What is counted of a round that ran, and how it is said. */
export interface Allotted {
  /** The option of the experiment that limits it: `budget.bytes`. */
  readonly option: string
  /** As in "3 of 5 USD". */
  readonly unit: string
  show(amount: number): string
  usedBy(round: RoundThatRan, samples: readonly Sample[]): number
  /** What a round will use at least, as far as that is known before any round of its cell ran. Default 0. */
  expectedOf?(round: PlannedRound): number
}

export type RoundThatRan = Pick<PlannedRound, 'id' | 'repetition'> & { readonly memoryMb?: number }

/** Keeps count of what a run uses, against a limit. */
export class Allowance {
  readonly #limit: number
  readonly #allotted: Allotted
  #used = 0
  /** By cell: the most that one of its rounds has used. */
  readonly #most = new Map<string, number>()

  /** @param limit - infinite where there is none */
  constructor(limit: number, allotted: Allotted) {
    this.#limit = limit
    this.#allotted = allotted
  }

  /** Counts what an earlier run used, with attempts that do not count. */
  addAll({ rounds, samples, superseded = [] }: Journal): void {
    const byRound = new Map(rounds.map(({ id }): [string, Sample[]] => [id, []]))
    for (const sample of [...samples, ...superseded]) byRound.get(sample.round)?.push(sample)
    for (const round of rounds) this.add(round, byRound.get(round.id) ?? [])
  }

  /** Counts a round that ran. */
  add(round: RoundThatRan, samples: readonly Sample[]): void {
    const used = this.#allotted.usedBy(round, samples)
    this.#used += used
    const cell = cellId(round)
    this.#most.set(cell, Math.max(this.#most.get(cell) ?? 0, used))
  }

  /** Whether the round would stay within the limit, as far as its cell is known. */
  allows(round: PlannedRound): boolean {
    return this.#used < this.#limit && this.#used + this.#expectedOf(round) <= this.#limit
  }

  /** @throws MeasurementError `BUDGET_REACHED` where the round would go beyond the limit, as far as its cell is known */
  allow(round: PlannedRound): void {
    if (this.allows(round)) return
    const { show, unit, option } = this.#allotted
    const expected = this.#expectedOf(round)
    const used = `${show(this.#used)} of ${show(this.#limit)} ${unit} are used`
    const more = expected > 0 ? `, and round ${round.id} may need ${show(expected)}` : ''
    throw new MeasurementError('BUDGET_REACHED', `The budget is reached: ${used}${more}. The data so far are kept.`, {
      hint: `Analyze the journal as it is (\`netfair analyze\`), or raise "${option}" and go on with resume (\`--resume\`).`,
    })
  }

  #expectedOf(round: PlannedRound): number {
    return Math.max(this.#most.get(cellId(round)) ?? 0, this.#allotted.expectedOf?.(round) ?? 0)
  }
}
