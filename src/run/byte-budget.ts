import { MeasurementError } from '../model/errors.ts'
import type { Journal } from '../model/journal.ts'
import type { Sample } from '../model/journal-record.ts'
import { cellId, type PlannedRound } from './plan.ts'

/** Keeps count of the bytes that a run moves, against a limit. */
export class ByteBudget {
  readonly #limit: number
  #moved = 0
  /** By cell: the most that one of its rounds has moved. */
  readonly #most = new Map<string, number>()

  /** @param limit - in bytes; infinite where there is none */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Counts what an earlier run moved. */
  addAll({ rounds, samples }: Journal): void {
    const byRound = new Map(rounds.map(({ id }): [string, Sample[]] => [id, []]))
    for (const sample of samples) byRound.get(sample.round)?.push(sample)
    for (const round of rounds) this.add(round, byRound.get(round.id) ?? [])
  }

  /** Counts a round that ran. */
  add(round: Pick<PlannedRound, 'id' | 'repetition'>, samples: readonly Sample[]): void {
    const bytes = samples.reduce((sum, sample) => sum + (sample.bytes ?? 0), 0)
    this.#moved += bytes
    const cell = cellId(round)
    this.#most.set(cell, Math.max(this.#most.get(cell) ?? 0, bytes))
  }

  /** @throws MeasurementError `BUDGET_REACHED` where the round would go beyond the limit, as far as its cell is known */
  allow(round: PlannedRound): void {
    const expected = this.#most.get(cellId(round)) ?? 0
    if (this.#moved < this.#limit && this.#moved + expected <= this.#limit) return
    const moved = `${this.#moved} of ${this.#limit} bytes are used`
    const more = expected > 0 ? `, and round ${round.id} may need ${expected}` : ''
    throw new MeasurementError('BUDGET_REACHED', `The budget is reached: ${moved}${more}. The data so far are kept.`, {
      hint: 'Analyze the journal as it is (`netfair analyze`), or raise "budget.bytes" and go on with resume (`--resume`).',
    })
  }
}
