import { styleText } from 'node:util'
import type { ColocationFinding, ColocationQuality, RoundsMedian } from '../model/colocation-finding.ts'
import { describePairs, describePlace } from './describe.ts'
import { formatCount, formatNumber, formatShare } from './format.ts'
import { wrap } from './table.ts'

export interface RenderColocationOptions {
  /** ANSI colours. Default false. */
  readonly color?: boolean
  /** Columns of the terminal. Default 100. */
  readonly width?: number
}

/** Of groups, and of what is listed in one, so many are shown; the JSON has all. */
const MOST = 20
const MOST_NAMES = 8

/** Who shared what with whom, and why that is believed; what is not known is said first. */
export function renderColocation(finding: ColocationFinding | null, { color = false, width = 100 }: RenderColocationOptions = {}): string {
  if (finding === null) return 'Cannot tell who shared a host: no sample of this journal carries facts.\n'
  const bold = (text: string): string => (color ? styleText('bold', text, { validateStream: false }) : text)
  const { groups, undecided, dropped, landed, betweenRounds, quality } = finding
  const shownGroups = groups.slice(0, MOST).map(describeGroup)
  const sections: (readonly [title: string, sentences: readonly string[]])[] = [
    ['Groups', groups.length > MOST ? [...shownGroups, `… and ${groups.length - MOST} more.`] : shownGroups],
    ['How many landed together', landed.map(describeLanded)],
    ['Undecided', undecided.length === 0 ? [] : [`could belong to several groups: ${names(undecided)}.`]],
    [
      'Values not used',
      dropped.slice(0, MOST).map(({ instances, code, message }) => `${formatCount(instances, 'instance')}: ${message} [${code}]`),
    ],
    ['From round to round', betweenRounds === null ? [] : [describeBetweenRounds(betweenRounds)]],
    ['Against the declared hosts', quality === null ? [] : [describeQuality(quality)]],
  ]
  const told = sections.filter(([, sentences]) => sentences.length > 0)
  return [
    wrap(describePairs(finding), width).trimStart(),
    '\n',
    ...told.map(([title, sentences]) => `\n${bold(title)}\n${sentences.map((sentence) => wrap(sentence, width)).join('\n')}\n`),
  ].join('')
}

const PLACES: Readonly<Record<string, string>> = {
  'same-sandbox': 'one sandbox',
  'same-vm': 'one machine',
  'same-host': 'one host',
  'same-egress': 'one way out (says nothing of hosts)',
}

function describeGroup({ level, instances, evidence, confidence, conflicts }: ColocationFinding['groups'][number]): string {
  const against = conflicts.length === 0 ? '' : ` But: ${conflicts.join('; ')}.`
  const known = evidence.map(describeEvidence).join(', ')
  return `${PLACES[level] ?? level} (${formatShare(confidence)}), ${formatCount(instances.length, 'instance')}: ${names(instances)}; by ${known}.${against}`
}

/** `identifier:boot-id` → `boot-id (identifier)`. */
function describeEvidence(name: string): string {
  const [basis, key] = name.split(':')
  return key === undefined ? name : `${key} (${basis})`
}

function describeLanded({ rounds, unknownShare, together, largest, sizes, ...place }: ColocationFinding['landed'][number]): string {
  const shared = sizes[0] === undefined ? '' : `; ${formatShare(sizes[0].share.median)} of the functions shared a host`
  const least = unknownShare > 0 ? ', at least' : ''
  const unknown = unknownShare > 0 ? `; unknown for ${formatShare(unknownShare)} of the functions` : ''
  return (
    `${describePlace(place)}, ${formatCount(rounds, 'round')}: a function was one of ${describeMedian(together)} on its host${least}, ` +
    `the fullest had ${describeMedian(largest)}${shared}${unknown}.`
  )
}

function describeMedian({ median, interval }: RoundsMedian): string {
  const number = (value: number): string => (Number.isInteger(value) ? `${value}` : formatNumber(value))
  const range = interval === null || interval.low === interval.high ? '' : ` (95 %: ${number(interval.low)} to ${number(interval.high)})`
  return `${number(median)}${range}`
}

function describeBetweenRounds({ pairsOfRounds, fowlkesMallows, adjustedRand }: NonNullable<ColocationFinding['betweenRounds']>): string {
  const figures = `Fowlkes-Mallows index ${formatShare(fowlkesMallows)}, adjusted Rand index ${formatShare(adjustedRand)}`
  return `${formatCount(pairsOfRounds, 'pair')} of rounds, instances that both used: ${figures}.`
}

function describeQuality(quality: ColocationQuality): string {
  const { precision, recall, fowlkesMallows, adjustedRand, instances, unknownShare } = quality
  const figures = [
    `precision ${formatShare(precision)}`,
    `recall ${formatShare(recall)}`,
    `Fowlkes-Mallows index ${formatShare(fowlkesMallows)}`,
    `adjusted Rand index ${formatShare(adjustedRand)}`,
    `unknown ${formatShare(unknownShare)} of the pairs`,
  ]
  return `found without them, for ${formatCount(instances, 'instance')}: ${figures.join(', ')}.`
}

/** Of a UUID its first block. */
function names(all: readonly string[]): string {
  const shown = all
    .slice(0, MOST_NAMES)
    .map((name) => name.replace(/^([0-9a-f]{8})-[0-9a-f-]{27}$/, '$1…'))
    .join(', ')
  return all.length > MOST_NAMES ? `${shown} and ${all.length - MOST_NAMES} more` : shown
}
