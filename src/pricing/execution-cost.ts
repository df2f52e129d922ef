import type { Platform } from '../model/platform.ts'
import { activePeriods, billedMs } from './billed-time.ts'
import { currentPriceBook, type Meter, type PriceBook } from './price-book.ts'
import { billedSize, type Tariff, tariffOf } from './tariff.ts'

/** One invocation, as far as it is billed. */
export interface Execution {
  /** How long it took, in milliseconds; the rounding of the plan is applied to it, which changes nothing where it is the billed time. */
  readonly ms: number
  /** Configured, in MB; on plans that bill what they observe: the observed. */
  readonly memoryMb: number
  /** So many executions like this one. Default 1. */
  readonly count?: number
  /** Bytes sent to the internet, by each. Default 0. */
  readonly egressBytes?: number
  /** Requests that an object store bills as GET. Default 0. */
  readonly storageReads?: number
  /** Requests that an object store bills as PUT. Default 0. */
  readonly storageWrites?: number
  /** Instance and start on a clock that its executions share: which of them overlap. Only plans that bill active periods look at it. */
  readonly within?: { readonly instance: string; readonly startMs: number }
}

export interface CostItem<Name extends string = string> {
  readonly meter: Name
  readonly quantity: number
  /** US dollars. */
  readonly usd: number
}

/**
 * What executions cost by the published formulas: each time rounded by itself, the request fee, egress, storage operations. First tier, no
 * free tier. Pure.
 *
 * - AWS Lambda: GB (MB ÷ 1024) × s in steps of 1 ms; ephemeral storage above 512 MB.
 * - Google gen1: GB-s + GHz-s, gen2 (Cloud Run): GiB-s + vCPU-s, both in steps of 100 ms.
 * - Azure Consumption: observed memory in steps of 128 MB up to 1,536, at least 100 ms. Flex: memory of the instance while it is active,
 *   at least 1,000 ms a period, in steps of 100 ms; executions without `within` are periods of their own.
 *
 * @throws InputError `PRICE_UNKNOWN` where the book has no price for it; nothing is ever guessed
 */
export function executionCost(
  platform: Platform,
  executions: readonly Execution[],
  book: PriceBook = currentPriceBook,
): readonly CostItem<Meter>[] {
  const tariff = tariffOf(platform, book)
  const quantities = new Map<Meter, number>()
  const count = (meter: Meter, quantity: number): void => {
    if (quantity > 0) quantities.set(meter, (quantities.get(meter) ?? 0) + quantity)
  }
  for (const { ms, memoryMb, count: times = 1 } of billedPeriods(executions, tariff)) {
    const seconds = (times * billedMs(ms, tariff.rule.time)) / 1000
    const { GB, ghz = 0, vcpus = 0 } = billedSize(tariff.rule, memoryMb, platform.vcpus)
    count('compute GB-s', GB * seconds)
    count('CPU GHz-s', ghz * seconds)
    count('CPU vCPU-s', vcpus * seconds)
    count('ephemeral storage GB-s', (Math.max((platform.storageMb ?? 0) - freeStorageMb, 0) / 1024) * seconds)
  }
  for (const { count: times = 1, egressBytes = 0, storageReads = 0, storageWrites = 0 } of executions) {
    count('requests', times)
    count('egress GB', (times * egressBytes) / tariff.rule.egressGBBytes)
    count('storage reads', times * storageReads)
    count('storage writes', times * storageWrites)
  }
  return [...quantities].map(([meter, quantity]) => ({ meter, quantity, usd: quantity * tariff.priceOf(meter).usd }))
}

/**
 * Σ of the times that are billed, each rounded by itself, in milliseconds.
 * @throws InputError `PRICE_UNKNOWN`
 */
export function billedTimeMs(platform: Platform, executions: readonly Execution[], book: PriceBook = currentPriceBook): number {
  const tariff = tariffOf(platform, book)
  return billedPeriods(executions, tariff).reduce((sum, { ms, count = 1 }) => sum + count * billedMs(ms, tariff.rule.time), 0)
}

const freeStorageMb = 512

/** Executions, or where the plan says so the times in which each instance was active. */
function billedPeriods(executions: readonly Execution[], { rule }: Tariff): readonly Pick<Execution, 'ms' | 'memoryMb' | 'count'>[] {
  if (!rule.perActivePeriod) return executions
  const instances = new Map<string, (Execution & Required<Pick<Execution, 'within'>>)[]>()
  const alone: Execution[] = []
  for (const execution of executions) {
    const { within, memoryMb } = execution
    if (within === undefined) alone.push(execution)
    else {
      const key = `${memoryMb} ${within.instance}`
      instances.set(key, [...(instances.get(key) ?? []), { ...execution, within }])
    }
  }
  const active = [...instances.values()].flatMap((group) => {
    const { memoryMb = 0 } = group[0] ?? {}
    const periods = activePeriods(group.map(({ ms, within: { startMs } }) => ({ startMs, ms })))
    return periods.map((ms) => ({ ms, memoryMb }))
  })
  return [...alone, ...active]
}

/** In US dollars. */
export function totalUsd(items: readonly Pick<CostItem, 'usd'>[]): number {
  return items.reduce((sum, { usd }) => sum + usd, 0)
}
