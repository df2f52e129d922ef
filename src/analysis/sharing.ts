import type { Reason, SharingFinding, SharingVerdict } from '../model/report.ts'
import { type Cell, type UsedRound, usedRounds } from './cell.ts'
import { hangsOnMembers } from './composition.ts'
import { kneeOf } from './curve.ts'
import { type CurveChoice, chooseCurve, chooseShape, hasKnee, type Level, type Shape } from './curve-choice.ts'
import { hangsOnNoise, largestDeparture } from './curve-doubt.ts'
import { type Judgement, judge, type VerdictContext } from './curve-verdict.ts'
import { type Blocking, hostDoubt, withoutHostEffects } from './host-blocks.ts'
import { onOneHost } from './host-levels.ts'
import { kneeInterval } from './knee-interval.ts'
import { ascending, median } from './quantile.ts'
import { seededRandom } from './seeded-random.ts'
import { sharingLevels } from './sharing-levels.ts'

/** What the shapes of a curve over concurrency are called. */
export const sharingVerdicts: Partial<Record<Shape, SharingVerdict>> = {
  constant: 'isolated',
  inverse: 'shared',
  capped: 'capped',
  shallow: 'partial',
  steep: 'degrading',
  'capped-steep': 'capped-degrading',
}

/**
 * How the functions of one memory size share the network: rate per function over concurrency.
 * @param cells - one ladder: the same memory, direction and other factors; ascending concurrency
 */
export function sharingFinding(cells: readonly Cell[], { experiment, thresholds, byNetwork }: VerdictContext): SharingFinding {
  const { usable, counted, reasons: obstacles, failingFrom } = sharingLevels(cells, thresholds)
  const reasons = [...obstacles]
  const few = usable.length < thresholds.minimumLevels
  if (few)
    reasons.push({
      code: 'levels',
      message: `${usable.length} usable levels of concurrency; at least ${thresholds.minimumLevels} are needed.`,
    })
  if (experiment.provider.tier === 'plain') reasons.unshift(plainTier)
  const refuse = (): SharingFinding => refused(cells, counted, reasons)
  if (few || experiment.provider.tier === 'plain') return refuse()
  const fair = ladder(usable, ({ division }) => division.aggregate / division.rates.length)
  const unblocked = hostDoubt(fair.blocking)
  if (unblocked !== undefined) reasons.push(unblocked)
  if (fair.blocking === 'confounded') return refuse()
  const choice = chooseCurve(fair.levels, thresholds, seededRandom(thresholds.resamplingSeed))
  const judgement = judge(choice, sharingVerdicts, thresholds)
  reasons.push(...judgement.reasons)
  const upTo = Math.max(...usable.map(({ concurrency }) => concurrency).filter((concurrency) => concurrency < failingFrom))
  const finding = { ...refuse(), ...measured(choice, judgement), isolationIndex: isolationIndex(usable) }
  if (judgement.shape === undefined) return finding
  const open = openDeparture(choice, fair.levels, thresholds)
  const doubt = hangsOnNoise(choice, fair.levels, thresholds) ?? (open?.withheld ? open.reason : undefined)
  if (doubt !== undefined) return { ...finding, grade: null, reasons: [...reasons, doubt] }
  if (upTo < 2) return { ...finding, grade: null, verdict: 'inconclusive' }
  const verdict = sharingVerdicts[judgement.shape] ?? 'inconclusive'
  const medians = ladder(usable, ({ division }) => division.median)
  const unequal = typicalFunction(medians.levels, judgement.shape, thresholds)
  if (unequal !== undefined) reasons.push(unequal)
  if (open !== undefined) reasons.push(open.reason)
  const members = hangsOnMembers(usable, fair.levels, judgement.shape, thresholds)
  if (members !== undefined) reasons.push(members)
  if (counted !== 'same-host') reasons.push(unplaced(usable, byNetwork))
  const doubted = [unequal, unblocked, open, members].some((reason) => reason !== undefined)
  const grade = doubted ? 'likely' : judgement.grade
  return {
    ...finding,
    ...figures(choice, thresholds),
    verdict,
    grade,
    upToConcurrency: upTo,
    reasons,
  }
}

/** Much noise hides a large effect: then "isolated" and "shared" leave it open, and are guesses where it is too large. */
function openDeparture(
  choice: CurveChoice,
  levels: readonly Level[],
  { equivalence, firmWithin }: VerdictContext['thresholds'],
): { readonly reason: Reason; readonly withheld: boolean } | undefined {
  if (choice.shape !== 'constant' && choice.shape !== 'inverse') return undefined
  const factor = largestDeparture(choice.curve.slope, choice, levels)
  if (factor < firmWithin) return undefined
  const bound = Number.isFinite(factor) ? `by a factor of ${factor.toFixed(1)}` : 'by any factor'
  const message = `The rounds differ so much that a curve off ${bound} at the last level cannot be ruled out. More rounds may help.`
  return { reason: { code: 'no-fit', message }, withheld: !(factor < equivalence) }
}

export const plainTier: Reason = {
  code: 'tier',
  message: 'Plain processes on one machine share no network of their own: they support no such claim.',
}

function unplaced(cells: readonly Cell[], byNetwork: ReadonlySet<string>): Reason {
  const samples = cells.flatMap(usedRounds).flatMap((round) => round.samples)
  const circular = samples.some(({ instance = '' }) => byNetwork.has(instance))
  const why = circular
    ? 'Some functions are known to share a host only because they contend for the network, which must not prove that they do'
    : 'Nobody knows which functions of a round shared a host'
  return { code: 'no-placement', message: `${why}: this speaks of n at once, not of n on one host.` }
}

/** One number a round at each level, on the logarithmic scale: the mean of its hosts, where several had as many functions. */
function ladder(cells: readonly Cell[], rate: (round: UsedRound) => number): { levels: readonly Level[]; blocking: Blocking } {
  const rounds = cells.map(usedRounds)
  const hostOf = (used: UsedRound): string | undefined => used.host ?? (onOneHost(used) ? used.hosts?.[0] : undefined)
  const blocked = withoutHostEffects(rounds.map((own) => own.map((used) => ({ host: hostOf(used), value: Math.log(rate(used)) }))))
  const levels = cells.map(({ concurrency }, index) => ({
    x: Math.log(concurrency),
    values: meanByRound(rounds[index] ?? [], blocked.values[index] ?? []),
  }))
  return { levels, blocking: blocked.blocking }
}

/** Hosts of one round share its moment: they are one number, not several. */
function meanByRound(rounds: readonly UsedRound[], values: readonly number[]): readonly number[] {
  const sums = new Map<string, { sum: number; hosts: number }>()
  for (const [index, { round }] of rounds.entries()) {
    const { sum, hosts } = sums.get(round.id) ?? { sum: 0, hosts: 0 }
    sums.set(round.id, { sum: sum + (values[index] ?? 0), hosts: hosts + 1 })
  }
  return [...sums.values()].map(({ sum, hosts }) => sum / hosts)
}

function refused(cells: readonly Cell[], counted: SharingFinding['counted'], reasons: readonly Reason[]): SharingFinding {
  const { memoryMb, direction, factors } = cells[0] as Cell
  return {
    memoryMb,
    direction,
    factors,
    verdict: 'inconclusive',
    confidence: null,
    grade: null,
    counted,
    upToConcurrency: null,
    perFunctionBitsPerSecond: null,
    capacityBitsPerSecond: null,
    knee: null,
    exponent: null,
    isolationIndex: null,
    lackOfFit: null,
    reasons,
  }
}

function measured(choice: CurveChoice, { lackOfFit, grade }: Judgement): Pick<SharingFinding, 'confidence' | 'grade' | 'lackOfFit'> {
  return { confidence: choice.confidence, grade, lackOfFit }
}

/** What the chosen curve says in numbers; what it does not say is null. */
function figures(choice: CurveChoice, thresholds: VerdictContext['thresholds']): Partial<SharingFinding> {
  const { model, ceiling, intercept, slope } = choice.curve
  const interval = kneeInterval(choice, thresholds)
  const [low, high] = interval === undefined ? [null, null] : [Math.exp(interval.low), Math.exp(interval.high)]
  return {
    perFunctionBitsPerSecond: Number.isFinite(ceiling) ? Math.exp(ceiling) : null,
    capacityBitsPerSecond: slope === 1 && model !== 'power' ? Math.exp(intercept) : null,
    knee: hasKnee(choice.curve) ? { value: Math.exp(kneeOf(choice.curve)), low, high } : null,
    exponent: model === 'power' || model === 'capped-power' ? slope : null,
  }
}

/** The median function may fare otherwise than the mean one: unequal shares. */
function typicalFunction(levels: readonly Level[], shape: Shape, thresholds: VerdictContext['thresholds']): Reason | undefined {
  const starving = levels.some(({ values }) => values.some((value) => !Number.isFinite(value)))
  const typical = starving ? undefined : chooseShape(levels, thresholds)
  if (typical === shape) return undefined
  const word = typical === undefined ? 'nothing at all in some rounds' : (sharingVerdicts[typical] ?? 'no model')
  return { code: 'unequal-shares', message: `Shares are unequal: for the median function the curve says ${word}.` }
}

/** (A − 1) ÷ (n − 1) with A = aggregate(n) ÷ rate of one function alone, at the largest n: 1 = isolated, 0 = shared, < 0 = collapse. */
function isolationIndex(cells: readonly Cell[]): number | null {
  const typical = (cell: Cell): number => median(ascending(usedRounds(cell).map(({ division }) => division.aggregate))) ?? 0
  const solo = cells.find(({ concurrency }) => concurrency === 1)
  const largest = cells.at(-1)
  if (solo === undefined || largest === undefined || largest.concurrency === 1 || typical(solo) === 0) return null
  return Math.min(1, (typical(largest) / typical(solo) - 1) / (largest.concurrency - 1))
}
