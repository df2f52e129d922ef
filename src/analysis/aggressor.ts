import type { AggressorFinding, AggressorVerdict, Reason, ReportInterval } from '../model/report.ts'
import { openLoss, withheld } from './aggressor-doubt.ts'
import { type Crowd, type CrowdLevel, chooseUnit } from './aggressor-model.ts'
import { type Cell, type UsedRound, usedRounds } from './cell.ts'
import type { VerdictContext } from './curve-verdict.ts'
import { hostDoubt, withoutHostEffects } from './host-blocks.ts'
import { onOneHost } from './host-levels.ts'
import { medianInterval } from './median-interval.ts'
import { ascending, median } from './quantile.ts'
import { seededRandom } from './seeded-random.ts'
import { plainTier } from './sharing.ts'
import { notTheNetwork } from './sharing-levels.ts'
import { usableCells } from './usable-cells.ts'

/** Whether the functions of a cell have roles: unequal by design, so that it says nothing about sharing, memory and fairness as such. */
export function hasRoles({ rounds }: Cell): boolean {
  return rounds.some(({ samples }) => samples.some(({ role }) => role !== undefined))
}

/**
 * What neighbours cost the victims, and whether functions or their streams are what the network counts.
 * @param cells - one ladder: the same memory, direction and other factors
 */
export function aggressorFinding(cells: readonly Cell[], { experiment, thresholds }: VerdictContext): AggressorFinding {
  const ordered = [...cells].sort((a, b) => neighboursOf(a) - neighboursOf(b) || (streamsOf(a) ?? 0) - (streamsOf(b) ?? 0))
  const alone = ordered.find((cell) => neighboursOf(cell) === 0)
  const { usable: cellsInUse, reasons: obstacles } = usableCells(ordered, notTheNetwork, cellCrowd, thresholds)
  const usable = cellsInUse.filter((cell) => victimRounds(cell).length >= thresholds.minimumRounds)
  const { memoryMb, direction, factors } = ordered[0] as Cell
  const refused = (reasons: readonly Reason[]): AggressorFinding => ({
    memoryMb,
    direction,
    factors: otherFactors(factors),
    verdict: 'inconclusive',
    confidence: null,
    grade: null,
    victims: ordered.map((cell) => victimsOf(cell, alone)),
    reasons,
  })
  if (experiment.provider.tier === 'plain') return refused([plainTier, ...obstacles])
  if (alone === undefined || !usable.includes(alone) || usable.length < leastCells) return refused([...obstacles, tooFew(usable)])
  const ownStreams = factors['parallel'] ?? experiment.probe.params?.['parallel']
  const { levels, blocking } = crowdLevels(usable, alone, typeof ownStreams === 'number' ? ownStreams : 1)
  const reasons = [...obstacles]
  const doubt = hostDoubt(blocking)
  if (doubt !== undefined) reasons.push(doubt)
  if (blocking === 'confounded') return refused(reasons)
  const choice = chooseUnit(levels, thresholds, seededRandom(thresholds.resamplingSeed))
  const { confidence } = choice
  const why = withheld(choice, levels, thresholds)
  if (why !== undefined) return { ...refused([...reasons, why]), confidence }
  if (!usable.flatMap(usedRounds).every(onOneHost)) reasons.push(unplaced)
  const off = choice.lackOfFit.f > thresholds.lackOfFit && choice.lackOfFit.largestError > Math.log(1 + thresholds.effect)
  if (off)
    reasons.push({
      code: 'no-fit',
      message: `The best model, ${choice.unit}, is off by a factor of ${Math.exp(choice.lackOfFit.largestError).toFixed(2)} at one cell.`,
    })
  const loss = openLoss(choice, thresholds)
  if (loss !== undefined) reasons.push(loss)
  const doubted = off || doubt !== undefined || loss !== undefined
  const grade = confidence >= thresholds.firm && !doubted ? 'firm' : 'likely'
  const verdict: AggressorVerdict = choice.unit
  return { ...refused(reasons), verdict, confidence, grade }
}

const unplaced: Reason = {
  code: 'no-placement',
  message: 'The functions of a round were on several hosts, or nobody knows on which: this speaks of n at once, not of n on one host.',
}

/** The victims alone, and two cells with neighbours. */
const leastCells = 3

const tooFew = (usable: readonly Cell[]): Reason => ({
  code: 'levels',
  message: `${usable.length} usable cells; the victims alone and at least ${leastCells - 1} with neighbours are needed.`,
})

function neighboursOf({ factors }: Cell): number {
  return Number(factors['neighbours'] ?? 0)
}

function streamsOf({ factors }: Cell): number | null {
  return typeof factors['streams'] === 'number' ? factors['streams'] : null
}

function otherFactors({ neighbours: _, streams: __, ...others }: Cell['factors']): Cell['factors'] {
  return others
}

function cellCrowd(cell: Cell): string {
  const streams = streamsOf(cell)
  return `${neighboursOf(cell)} neighbours${streams === null ? '' : ` of ${streams} streams`}`
}

/** A journal of another origin may have rounds of neighbours only. */
function victimRounds(cell: Cell): readonly UsedRound[] {
  return usedRounds(cell).filter(({ samples }) => samples.some(({ role }) => role === 'victim'))
}

/** Goodput of one victim: the mean of the victims of the round. */
function victimRate({ division, samples }: UsedRound): number {
  const rates = division.rates.filter((_, index) => samples[index]?.role === 'victim')
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length
}

function victimsOf(cell: Cell, alone: Cell | undefined): AggressorFinding['victims'][number] {
  const rates = victimRounds(cell).map(victimRate)
  const kept = alone === undefined ? [] : keptShares(cell, alone)
  const interval = cell === alone ? null : medianInterval(kept)
  const middle = median(ascending(kept))
  return {
    neighbours: neighboursOf(cell),
    streams: streamsOf(cell),
    medianBitsPerSecond: median(ascending(rates)),
    interval: medianInterval(rates),
    lossRatio: middle === null ? null : 1 - middle,
    lossInterval: interval === null ? null : lossOf(interval),
  }
}

const lossOf = ({ low, high, ...rest }: ReportInterval): ReportInterval => ({ ...rest, low: 1 - high, high: 1 - low })

/** Rate ÷ rate alone, of each repetition that measured both on the same host. */
function keptShares(cell: Cell, alone: Cell): readonly number[] {
  const partners = new Map(victimRounds(alone).map((round) => [round.round.repetition, round]))
  return victimRounds(cell).flatMap((round) => {
    const partner = partners.get(round.round.repetition)
    if (partner === undefined || partner.host !== round.host || victimRate(partner) === 0) return []
    return victimRate(round) / victimRate(partner)
  })
}

/** So little is nothing, as a share of the rate alone: the logarithm of 0 has no use. */
const leastShare = 1e-4

function crowdLevels(cells: readonly Cell[], alone: Cell, ownStreams: number) {
  const least = leastShare * (median(ascending(victimRounds(alone).map(victimRate))) ?? 0)
  const blocked = withoutHostEffects(
    cells.map((cell) => victimRounds(cell).map((round) => ({ host: round.host, value: Math.log(Math.max(least, victimRate(round))) }))),
  )
  const levels = cells.map((cell, index): CrowdLevel => {
    const neighbours = neighboursOf(cell)
    const crowd: Crowd = { victims: cell.concurrency - neighbours, ownStreams, neighbours, streams: streamsOf(cell) ?? 1 }
    return { crowd, values: blocked.values[index] ?? [] }
  })
  return { levels, blocking: blocked.blocking }
}
