import type { FairnessFinding, FairnessVerdictName, Reason } from '../model/report.ts'
import { type Cell, usedRounds } from './cell.ts'
import type { VerdictContext } from './curve-verdict.ts'
import { correctedJain } from './division.ts'
import { persistence } from './persistence.ts'
import { ascending, quantile } from './quantile.ts'
import { type Random, seededRandom } from './seeded-random.ts'
import { plainTier } from './sharing.ts'
import { cellConcurrency, notTheNetwork } from './sharing-levels.ts'
import { starvedFunctions } from './starvation.ts'
import { usableCells } from './usable-cells.ts'

/** Whether the network was divided fairly among the functions of one cell, n ≥ 2. */
export function fairnessFinding(cell: Cell, { experiment, thresholds }: VerdictContext): FairnessFinding {
  const { memoryMb, concurrency, direction, factors } = cell
  const { usable, reasons: obstacles } = usableCells([cell], notTheNetwork, cellConcurrency, thresholds)
  const finding: FairnessFinding = {
    memoryMb,
    concurrency,
    direction,
    factors,
    verdict: 'inconclusive',
    jainCorrected: correctedJain(usedRounds(cell).map(({ division }) => division.rates)),
    interval: null, // the bootstrap's interval decides, but its coverage is too low to be printed
    persistent: 'unknown',
    reasons: experiment.provider.tier === 'plain' ? [plainTier, ...obstacles] : obstacles,
  }
  if (usable.length === 0 || experiment.provider.tier === 'plain') return finding
  const used = usedRounds(cell)
  const divisions = used.map(({ division }) => division)
  const starved = starvedFunctions(divisions, thresholds.starvedShare)
  if (starved.length > 0) return { ...finding, verdict: 'unfair', persistent: 'yes', reasons: starved.map(starvedReason) }
  const rates = divisions.map((division) => [...division.rates].sort((a, b) => a - b))
  const verdict = divisionVerdict(rates, thresholds.fairJain, thresholds.fairnessResamples, seededRandom(thresholds.resamplingSeed))
  const { persistent, reason } = persistence(used, thresholds)
  const reasons = verdict === 'inconclusive' ? [undecided(thresholds.fairJain)] : []
  // Who gets less is news where shares are unfair, or always go to the same.
  if (verdict === 'unfair' || persistent === 'yes') reasons.push(reason)
  return { ...finding, verdict, persistent, reasons }
}

function starvedReason({ name, invocation }: { readonly name: string; readonly invocation?: number }): Reason {
  return {
    code: 'starved',
    message: `${name} stayed below half of the mean in every round.`.replace(/^./, (letter) => letter.toUpperCase()),
    ...(invocation !== undefined && { invocation }),
  }
}

const undecided = (limit: number): Reason => ({
  code: 'rounds',
  message: `Jain's index may be above or below ${limit}: the rounds differ too much to say. More rounds may help.`,
})

/** Bootstrap over rounds, and over functions within a round, of the corrected Jain index. */
function divisionVerdict(rounds: readonly (readonly number[])[], limit: number, resamples: number, random: Random): FairnessVerdictName {
  const indices: number[] = []
  for (let resample = 0; resample < resamples; resample++) {
    let variation = 0
    for (let draw = 0; draw < rounds.length; draw++) {
      variation += resampledVariation(rounds[Math.floor(random() * rounds.length)] as readonly number[], random)
    }
    indices.push(1 / (1 + variation / rounds.length))
  }
  const sorted = ascending(indices)
  if ((quantile(sorted, 0.975) as number) < limit) return 'unfair'
  return (quantile(sorted, 0.025) as number) >= limit ? 'fair' : 'inconclusive'
}

/** Squared variation of n functions drawn with replacement, scaled up for what the drawing takes away. */
function resampledVariation(rates: readonly number[], random: Random): number {
  const n = rates.length
  let sum = 0
  let squares = 0
  for (let draw = 0; draw < n; draw++) {
    const rate = rates[Math.floor(random() * n)] as number
    sum += rate
    squares += rate * rate
  }
  const mean = sum / n
  if (mean === 0) return 0
  const variance = Math.max(0, squares - n * mean * mean) / (n - 1)
  return ((variance / mean ** 2) * n) / (n - 1)
}
