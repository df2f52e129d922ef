import { styleText } from 'node:util'
import Table from 'cli-table3'
import type {
  CostMapCell,
  CostMapChoice,
  CostMapConfiguration,
  CostMapFigure,
  CostMapFinding,
  CostMapKnee,
  CostMapPrediction,
} from '../model/cost-map.ts'
import { cannotTell } from './describe.ts'
import { formatFactors, formatNumber, formatUsd } from './format.ts'

/** Response time and cost of each configuration; `*` = on the front: none is both faster and cheaper. */
export function costMapTable({ cells, front }: CostMapFinding, color: boolean): string {
  const best = new Set(front.map(placeOf))
  const columns: (readonly [head: string, value: (cell: CostMapCell) => string, align: 'left' | 'right'])[] = [
    ['factors', ({ factors }) => formatFactors(factors), 'left'],
    ['memory MB', ({ memoryMb }) => `${memoryMb ?? '–'}`, 'right'],
    ['n', ({ concurrency }) => `${concurrency}`, 'right'],
    ['response s', ({ responseMs }) => seconds(responseMs), 'right'],
    ['95 %', ({ responseMs }) => interval(responseMs, (ms) => formatNumber(ms / 1000)), 'right'],
    ['billed s', ({ billedMs }) => seconds(billedMs), 'right'],
    ['USD', ({ usd }) => dollars(usd?.median), 'right'],
    ['× cheapest', ({ relativeCost }) => (relativeCost === null ? '–' : formatNumber(relativeCost.median)), 'right'],
    ['95 % of it', ({ relativeCost }) => interval(relativeCost, formatNumber), 'right'],
    ['rounds', ({ rounds, roundsUsed }) => (rounds === roundsUsed ? `${rounds}` : `${roundsUsed} of ${rounds}`), 'right'],
    ['front', (cell) => (best.has(placeOf(cell)) ? '*' : ''), 'left'],
  ]
  const always = ['memory MB', 'n', 'response s', 'rounds']
  const shown = columns.filter(([head, value]) => always.includes(head) || cells.some((cell) => !['', '–'].includes(value(cell))))
  const table = new Table({
    head: shown.map(([head]) => head),
    colAligns: shown.map(([, , align]) => align),
    style: { head: color ? ['bold'] : [], border: color ? ['gray'] : [], compact: true },
  })
  const bold = (text: string): string => (color ? styleText('bold', text, { validateStream: false }) : text)
  for (const cell of cells) table.push(shown.map(([head, value]) => (head === 'front' ? bold(value(cell)) : value(cell))))
  return table.toString()
}

const seconds = (figure: CostMapFigure | null): string => (figure === null ? '–' : formatNumber(figure.median / 1000))
const dollars = (usd: number | undefined): string => (usd === undefined ? '–' : usd.toPrecision(4))

function interval(figure: CostMapFigure | null, format: (value: number) => string): string {
  return figure?.interval ? `${format(figure.interval.low)}–${format(figure.interval.high)}` : '–'
}

/** What the map says, a sentence each. */
export function describeCostMap(map: CostMapFinding): readonly string[] {
  const { cheapest, fastest, chosen, strategy, knee, predictionError } = map
  const { name, weight } = strategy
  const by = name === 'balanced' ? `balanced, weight of cost ${formatNumber(weight)}` : name
  return [
    `${workOf(map)}${pricesOf(map)}`,
    ...limitsSentence(map),
    ...chosenSentence('Cheapest', cheapest),
    ...chosenSentence('Fastest', fastest),
    ...(name === 'balanced' ? chosenSentence(`By strategy (${by})`, chosen) : []),
    ...knee.flatMap(kneeSentence),
    ...kneeless(knee),
    ...(predictionError?.responseMs ? [errorSentence(predictionError)] : []),
    ...promising(map),
  ]
}

function workOf({ work, direction }: CostMapFinding): string {
  const how = work.mode === 'pull' ? 'each function takes the next one' : 'one an invocation'
  return `${direction} of ${work.chunks} chunks of ${formatNumber(work.chunkBytes / 1e6)} MB, ${how}`
}

function pricesOf({ prices }: CostMapFinding): string {
  if (prices === null) return '; no prices.'
  const { provider, plan, region, architecture, priceBook, asIf, unverified } = prices
  const where = `${provider} ${plan} ${region}${architecture === 'arm64' ? ' arm64' : ''}`
  const doubtful = unverified.length === 0 ? '' : ` Not checked against the provider's own page: the price of ${unverified.join(', ')}.`
  return `; priced ${asIf ? 'as if on' : 'on'} ${where} by the prices of ${priceBook.date}, first tier, no free tier.${doubtful}`
}

const placeOf = ({ memoryMb, concurrency, factors }: CostMapConfiguration): string => {
  const others = formatFactors(factors)
  return `${memoryMb === null ? '' : `${memoryMb} MB, `}n = ${concurrency}${others && ` (${others})`}`
}

const outlay = ({ responseMs, usd }: Pick<CostMapChoice, 'responseMs' | 'usd'>): string =>
  `${formatNumber(responseMs / 1000)} s for ${formatUsd(usd)}`

function chosenSentence(title: string, choice: CostMapChoice | null): readonly string[] {
  if (choice === null) return []
  const { alike, surely } = choice
  const rivals =
    alike === null
      ? ' Too few rounds tell whether others are as good.'
      : alike.length === 0
        ? ''
        : ` As good, for all that is known: ${alike.map(placeOf).join('; ')}.`
  const doubt = surely === false ? ' The limit holds for its median, not for the whole interval.' : ''
  return [`${title}: ${placeOf(choice)}: ${outlay(choice)}.${rivals}${doubt}`]
}

function limitsSentence({ strategy: { deadlineMs, budgetUsd }, chosen, prices }: CostMapFinding): readonly string[] {
  const limits = [
    deadlineMs === null ? [] : `at most ${formatNumber(deadlineMs / 1000)} s`,
    budgetUsd === null ? [] : `at most ${formatUsd(budgetUsd)}`,
  ].flat()
  if (limits.length === 0) return []
  if (chosen === null && prices !== null) return [`No measured configuration keeps the limits: ${limits.join(' and ')}.`]
  return [`Among those that keep the limits: ${limits.join(' and ')}.`]
}

const ladderOf = ({ memoryMb, concurrency, factors }: CostMapKnee): string => {
  const others = formatFactors(factors)
  const place = memoryMb !== null ? `at ${memoryMb} MB` : concurrency !== null ? `with n = ${concurrency}` : ''
  return [place, others && `(${others})`].filter(Boolean).join(' ')
}

function kneeSentence(knee: CostMapKnee): readonly string[] {
  const { along, value, low, high } = knee
  if (value === null) return []
  const unit = along === 'memory' ? ' MB' : ' functions'
  const range = low === null || high === null ? '' : ` (95 %: ${formatNumber(low)} to ${formatNumber(high)})`
  const what = along === 'memory' ? 'more memory makes chunks no faster from' : 'more functions make the work no faster from'
  return [`Knee ${ladderOf(knee)}: ${what} ${formatNumber(value)}${unit} on${range}.`]
}

/** Those without a knee, in one sentence each kind. */
function kneeless(knees: readonly CostMapKnee[]): readonly string[] {
  const without = knees.filter(({ value }) => value === null)
  const told = without.filter(({ verdict }) => verdict !== 'inconclusive').map((knee) => `${ladderOf(knee)} ${knee.verdict}`)
  const open = without.filter(({ verdict }) => verdict === 'inconclusive')
  const reasons = [...new Map(open.flatMap((knee) => knee.reasons).map((reason) => [reason.code, reason])).values()]
  return [
    ...(told.length === 0 ? [] : [`No knee in range: ${told.join('; ')}.`]),
    ...(open.length === 0 ? [] : [`Knee ${open.map(ladderOf).join(', ')}: ${cannotTell(reasons)}`]),
  ]
}

function errorSentence({ heldOut, refused, responseMs, usd }: NonNullable<CostMapFinding['predictionError']>): string {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
  const cost = usd === null ? '' : `, cost by ${percent(usd.median)} (${percent(usd.worst)})`
  const time = responseMs === null ? '' : `response time by ${percent(responseMs.median)} (at worst ${percent(responseMs.worst)})`
  const left = refused === 0 ? '' : ` ${refused} lie outside of what the others span.`
  return `Each of ${heldOut} measured cells predicted from the others: off in ${time}${cost}.${left}`
}

const mostPromising = 5

/** Predicted ones that no measured or predicted one beats. */
function promising({ predictions, front }: CostMapFinding): readonly string[] {
  const known = predictions.filter(
    (each): each is CostMapPrediction & { responseMs: number; usd: number } => each.usd !== null && each.responseMs !== null,
  )
  const all = [...known, ...front]
  const best = known.filter(
    ({ responseMs, usd }) =>
      !all.some((other) => other.responseMs <= responseMs && other.usd <= usd && (other.responseMs < responseMs || other.usd < usd)),
  )
  const shown = best.slice(0, mostPromising).map((each) => `${placeOf(each)} ${outlay(each)}`)
  return shown.length === 0 ? [] : [`Predicted, not measured, and worth a try: ${shown.join('; ')}.`]
}
