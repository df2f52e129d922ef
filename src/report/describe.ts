import type { ColocationFinding } from '../model/colocation-finding.ts'
import type { Direction, Factors } from '../model/journal-record.ts'
import type { AggressorFinding, FairnessFinding, Grade, MemoryFinding, Reason, SharingFinding } from '../model/report.ts'
import { formatCount, formatFactors, formatNumber, formatRate, formatShare } from './format.ts'

/** Short sentences about findings, for the terminal and for messages of assertions. Each begins with what it speaks of. */

interface Place {
  readonly direction?: Direction
  readonly factors: Factors
  readonly memoryMb?: number | null
  readonly concurrency?: number
}

/** What a finding or cell is about: `download at 2048 MB, n = 8 (path vpc)`. */
export function describePlace({ direction, factors, memoryMb, concurrency }: Place): string {
  const at = [
    memoryMb === null || memoryMb === undefined ? [] : `at ${memoryMb} MB`,
    concurrency === undefined ? [] : `n = ${concurrency}`,
  ].flat()
  const others = formatFactors(factors)
  return `${[direction, at.join(', ')].filter(Boolean).join(' ')}${others && ` (${others})`}`
}

export function describeSharing(finding: SharingFinding): string {
  const place = describePlace(finding)
  if (finding.verdict === 'inconclusive') return `${place}: ${cannotTell(finding.reasons)}`
  return `${place}: ${sharingHead(finding)}${certainty(finding)}: ${sharingBody(finding)}${doubts(finding.reasons)}`
}

function sharingHead({ verdict, upToConcurrency, counted }: SharingFinding): string {
  const upTo = verdict === 'isolated' && upToConcurrency !== null ? ` up to ${upToConcurrency} functions${where(counted)}` : ''
  return `${verdict.toUpperCase()}${upTo}`
}

const where = (counted: SharingFinding['counted']): string => (counted === 'same-host' ? ' on one host' : '')

function sharingBody(finding: SharingFinding): string {
  const { verdict, upToConcurrency, perFunctionBitsPerSecond, capacityBitsPerSecond, exponent, counted } = finding
  const each = rate(perFunctionBitsPerSecond)
  const together = rate(capacityBitsPerSecond)
  const power = exponent === null ? 'a power of n' : `n^-${formatNumber(exponent)}`
  const many = `${upToConcurrency ?? 'n'} functions${where(counted)}`
  switch (verdict) {
    case 'isolated':
      return `each gets ${each}, however many others run.`
    case 'shared':
      return `${many} together get ${together}, as much as one alone; each gets 1/n of it.`
    case 'capped':
      return `a function never gets more than ${each}, and all together never more than ${together}: ${knee(finding)}.`
    case 'partial':
      return `the rate of a function falls with ${power}: others cost it something, but less than an equal share would.`
    case 'degrading':
      return `the rate of a function falls with ${power}, faster than 1/n: the more run, the less all of them get together.`
    case 'capped-degrading':
      return `a function never gets more than ${each}; ${knee(finding)}, and then the rate falls with ${power}, faster than 1/n.`
    default:
      return ''
  }
}

function knee({ knee }: SharingFinding): string {
  if (knee === null) return 'there is no knee'
  const interval = knee.low === null || knee.high === null ? '' : ` (95 %: ${formatNumber(knee.low)} to ${formatNumber(knee.high)})`
  return `the knee is at ${formatNumber(knee.value)} functions${interval}`
}

const rate = (bitsPerSecond: number | null): string => (bitsPerSecond === null ? 'an unknown rate' : formatRate(bitsPerSecond))

export function describeMemory(finding: MemoryFinding): string {
  const place = describePlace(finding)
  if (finding.verdict === 'inconclusive') return `${place}, over memory: ${cannotTell(finding.reasons)}`
  const body = {
    flat: 'memory makes no difference to the rate.',
    proportional: 'the rate grows in proportion to memory.',
    saturating: `the rate grows in proportion to memory up to ${formatNumber(finding.saturationMemoryMb ?? 0)} MB and no further.`,
    sublinear: 'the rate grows with memory, but more slowly.',
  }[finding.verdict]
  return `${place}, over memory: ${finding.verdict.toUpperCase()}${certainty(finding)}: ${body}${doubts(finding.reasons)}`
}

export function describeFairness(finding: FairnessFinding): string {
  const place = describePlace(finding)
  if (finding.verdict === 'inconclusive') return `${place}: ${cannotTell(finding.reasons)}`
  const index = finding.jainCorrected === null ? '' : ` (corrected Jain index ${formatShare(finding.jainCorrected)})`
  return `${place}: ${finding.verdict.toUpperCase()}${index}.${doubts(finding.reasons)}`
}

export function describeAggressor(finding: AggressorFinding): string {
  const place = describePlace(finding)
  const losses = finding.victims.filter(({ neighbours, lossRatio }) => neighbours > 0 && lossRatio !== null)
  const worst = losses.reduce<AggressorFinding['victims'][number] | undefined>(
    (most, one) => ((one.lossRatio ?? 0) > (most?.lossRatio ?? Number.NEGATIVE_INFINITY) ? one : most),
    undefined,
  )
  const most = (worst?.lossRatio ?? 0) < 0.005 || worst === undefined ? '' : ` The largest loss: ${lossOf(worst)}.`
  if (finding.verdict === 'inconclusive') return `${place}, beside neighbours: ${cannotTell(finding.reasons)}${most}`
  const body = {
    isolated: 'neighbours cost a victim nothing that could be seen.',
    'per-function': 'neighbours take the share of one function each, however many streams they open.',
    'per-flow': 'each stream of a neighbour counts: the more it opens, the less a victim gets.',
  }[finding.verdict]
  const head = `${finding.verdict.toUpperCase()}${certainty(finding)}`
  return `${place}, beside neighbours: ${head}: ${body}${most}${doubts(finding.reasons)}`
}

function lossOf({ neighbours, streams, lossRatio, lossInterval }: AggressorFinding['victims'][number]): string {
  const percent = (share: number): string => `${Math.round(share * 100) + 0} %`
  const interval = lossInterval === null ? '' : ` (95 %: ${percent(lossInterval.low)} to ${percent(lossInterval.high)})`
  const streamed = streams === null ? '' : ` with ${streams} ${streams === 1 ? 'stream' : 'streams'} each`
  return `${percent(lossRatio ?? 0)}${interval} beside ${neighbours}${streamed}`
}

/** Of all pairs of instances, how many are where. */
export function describePairs({ instances, pairs, unknownShare }: ColocationFinding): string {
  if (unknownShare === null) return `${formatCount(instances, 'instance')}: nobody to share with.`
  const { sameSandbox, sameVm, sameHost, differentHost, unknown } = pairs
  const parts = [
    [sameSandbox, 'in one sandbox'],
    [sameVm, 'on one machine'],
    [sameHost, 'on one host'],
    [differentHost, 'on different hosts'],
    [unknown, 'unknown'],
  ] as const
  const all = parts.reduce((sum, [number]) => sum + number, 0)
  const told = parts.filter(([number]) => number > 0).map(([number, where]) => `${number} ${where}`)
  return `${formatCount(instances, 'instance')}, ${formatCount(all, 'pair')}: ${told.join(', ')}.`
}

/** `cannot tell, because …` */
export function cannotTell(reasons: readonly Reason[]): string {
  if (reasons.length === 0) return 'cannot tell.'
  return `cannot tell, because: ${reasons.map(({ code, message }) => `${message.replace(/\.$/, '')} [${code}]`).join('; ')}.`
}

function certainty({ grade, confidence }: { readonly grade: Grade; readonly confidence: number | null }): string {
  const parts = [grade ?? [], confidence === null ? [] : formatShare(confidence)].flat()
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

const doubts = (reasons: readonly Reason[]): string => reasons.map(({ code, message }) => ` But: ${message} [${code}]`).join('')
