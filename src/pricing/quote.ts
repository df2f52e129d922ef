import { InputError } from '../model/errors.ts'
import type { RoundDirection } from '../model/journal-record.ts'
import type { Platform } from '../model/platform.ts'
import { type CostItem, type Execution, executionCost, totalUsd } from './execution-cost.ts'
import { type BillingRule, currentPriceBook } from './price-book.ts'
import { type TargetPrices, targetCost } from './target-cost.ts'
import { tariffOf } from './tariff.ts'

/** What a quote cannot know by itself. */
export interface QuoteOptions extends TargetPrices {
  /** Rate of each function in bits per second, > 0, from which egress follows. Default: what the provider publishes. */
  readonly bitsPerSecond?: number
  /** What a function takes beside measuring, in milliseconds, ≥ 0. Default 300, see {@link usualOverheadMs}. */
  readonly overheadMs?: number
  /** What the start of an instance takes, in milliseconds, ≥ 0: new ones take so long, and those that were there wait for them. Default 200, see {@link usualStartMs}. */
  readonly startMs?: number
  /** Price of the machine on which the target runs, each target one, in US dollars an hour, ≥ 0. Default: not in the quote. */
  readonly targetUsdPerHour?: number
  /** What its bytes to the functions cost where they leave a network that bills them, in US dollars a GB (10⁹ bytes), ≥ 0. Default: not in the quote. */
  readonly targetUsdPerGB?: number
}

/** A round to be quoted. */
export interface QuotedRound {
  readonly memoryMb: number
  /** Names the deployment on whose instances it runs. Default: there is one a memory size. */
  readonly deployment?: string
  readonly concurrency: number
  readonly direction: RoundDirection
  /** How long each function measures. */
  readonly measuredMs: number
  /** From its start to the start of the next one. */
  readonly wallMs: number
  /** Payload of each function, where it is known; else it follows from the rate. */
  readonly bytes?: number
  /** Where the bytes come from a store, or go to it: no target moves them. */
  readonly store?: StoreUse
}

/** What each function does with an object store. */
export interface StoreUse {
  /** Payload that one request moves on average, where requests are on the bill. */
  readonly bytesPerRequest?: number
  /** What is sent to it is egress. */
  readonly egress: boolean
}

export interface QuoteRequest {
  readonly platform: Platform
  /** All that may run. */
  readonly rounds: readonly QuotedRound[]
  /** How many machines there are for targets. */
  readonly targets: number
  /** What else is assumed or not in it, a sentence each. */
  readonly remarks?: readonly string[]
  readonly options: QuoteOptions
}

/** What an experiment will cost, before anything has run. */
export interface Quote {
  readonly usd: number
  readonly items: readonly CostItem[]
  /** What had to be assumed, a sentence each. */
  readonly assumptions: readonly string[]
  readonly priceBook: { readonly version: string; readonly date: string }
}

/**
 * What a function takes beside measuring: to reach the target, to wait for the others and the agreed start, to answer. In milliseconds.
 * Seen on a local host, 1 to 8 functions at once: medians of 258–325 ms.
 */
export const usualOverheadMs = 300

/**
 * From nothing to the first line of the handler, in milliseconds: assumed for a bundle of one small file on Node, each instance with a CPU of
 * its own; no platform publishes one. On a host that starts many on few cores it is longer.
 */
export const usualStartMs = 200

/**
 * Quotes an experiment by the current price book: first tier, no free tier. Pure.
 *
 * @throws InputError `PRICE_UNKNOWN` where there is no price, or egress is billed and no rate is known
 */
export function quoteOf(request: QuoteRequest): Quote {
  const { rule, priceOf } = tariffOf(request.platform, currentPriceBook)
  const rate = request.options.bitsPerSecond ?? rule.publishedBitsPerSecond
  const functions = executionCost(request.platform, executionsOf(request, rule, rate))
  const items = [...functions, ...targetCost(request.options, targetUse(request, rate))]
  const doubtful = functions.filter(({ meter }) => priceOf(meter).unverified).map(({ meter }) => meter)
  const assumptions = [...assumptionsOf(request, rule, rate), ...(request.remarks ?? []), ...doubts(doubtful)]
  const { version, date } = currentPriceBook
  return { usd: totalUsd(items), items, assumptions, priceBook: { version, date } }
}

/** All invocations. A round that needs more instances than there were waits for them to start. */
function executionsOf(
  { rounds, options }: QuoteRequest,
  { startBilled, plan }: BillingRule,
  rate: number | undefined,
): readonly Execution[] {
  const { overheadMs = usualOverheadMs, startMs = usualStartMs } = options
  const started = new Map<string, number>()
  return rounds.flatMap((round): readonly Execution[] => {
    const { memoryMb, deployment = String(memoryMb), concurrency, measuredMs } = round
    const bytes = bytesOf(round, rate)
    if (isEgress(round) && bytes === undefined) throw rateUnknown(plan)
    const warm = started.get(deployment) ?? 0
    started.set(deployment, Math.max(warm, concurrency))
    const egressBytes = isEgress(round) ? (bytes ?? 0) : 0
    const alike = { ms: overheadMs + measuredMs, memoryMb, egressBytes, ...storeRequests(round, bytes) }
    const waiting = concurrency <= warm ? 0 : startBilled ? concurrency : warm
    return [
      { ...alike, count: concurrency - waiting },
      { ...alike, ms: alike.ms + startMs, count: waiting },
    ].filter(({ count }) => count > 0)
  })
}

/** What each function moves; undefined where neither that nor a rate is known. */
function bytesOf({ bytes, measuredMs }: QuotedRound, rate: number | undefined): number | undefined {
  return bytes ?? (rate === undefined ? undefined : bytesIn(measuredMs, rate))
}

const isEgress = ({ direction, store }: QuotedRound): boolean => direction !== 'download' && store?.egress !== false

function storeRequests({ direction, store }: QuotedRound, bytes: number | undefined): Pick<Execution, 'storageReads' | 'storageWrites'> {
  if (store?.bytesPerRequest === undefined || bytes === undefined) return {}
  const requests = bytes / store.bytesPerRequest
  return direction === 'upload' ? { storageWrites: requests } : { storageReads: requests }
}

const bytesIn = (ms: number, bitsPerSecond: number): number => (bitsPerSecond / 8) * (ms / 1000)

const rateUnknown = (plan: string): InputError =>
  new InputError('PRICE_UNKNOWN', `What is sent cannot be quoted: no network rate of ${plan} is published.`, {
    hint: 'Give the rate that you expect of each function: quote: {bitsPerSecond: 500e6}.',
  })

function targetUse(
  { rounds, targets, options }: QuoteRequest,
  rate: number | undefined,
): { readonly hours: number; readonly bytes: number } {
  const hours = (targets * rounds.reduce((sum, { wallMs }) => sum + wallMs, 0)) / 3_600_000
  const down = rounds.filter(({ direction, store }) => direction !== 'upload' && store === undefined)
  const moved = down.map((round) => ({ concurrency: round.concurrency, bytes: bytesOf(round, rate) }))
  if (options.targetUsdPerGB !== undefined && moved.some(({ bytes }) => bytes === undefined)) throw rateUnknown('the plan')
  return { hours, bytes: moved.reduce((sum, { concurrency, bytes = 0 }) => sum + concurrency * bytes, 0) }
}

function assumptionsOf(
  { rounds, options }: QuoteRequest,
  { memory, perActivePeriod, plan }: BillingRule,
  rate: number | undefined,
): string[] {
  const { overheadMs = usualOverheadMs, startMs = usualStartMs, bitsPerSecond, targetUsdPerHour, targetUsdPerGB } = options
  const egress = rounds.some(isEgress)
  const requests = rounds.filter(({ store }) => store?.bytesPerRequest !== undefined)
  const rated = egress || targetUsdPerGB !== undefined || requests.length > 0
  const said: readonly (string | false)[] = [
    `Each function takes ${overheadMs} ms beside measuring, and ${startMs} ms more where new instances start.`,
    rated &&
      rate !== undefined &&
      `Each function moves ${rate / 1e6} Mbit/s, ${bitsPerSecond === undefined ? 'as published' : 'as given'}.`,
    requests.some((round) => bytesOf(round, rate) === undefined) &&
      'Requests to the store are not in it: how many objects a function moves depends on its rate, and none is known.',
    egress && 'All that functions send goes to the internet; headers and repeated packets are not counted.',
    'observed' in memory && 'All memory that a size names is used, at most what the plan bills.',
    perActivePeriod === true && `An instance of ${plan} takes one execution at a time, each a period of its own.`,
    targetUsdPerHour === undefined && "The target's machine is not in it.",
    'First tier, no free tier.',
  ]
  return said.filter((sentence) => sentence !== false)
}

const doubts = (meters: readonly string[]): readonly string[] =>
  meters.length === 0 ? [] : [`Not checked against the provider's own page: the price of ${meters.join(', ')}.`]
