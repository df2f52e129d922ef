import type { RoundRecord, Sample } from '../model/journal-record.ts'
import type { Execution } from '../pricing/execution-cost.ts'
import type { BillingRule } from '../pricing/price-book.ts'
import type { StoreBilling } from './store-billing.ts'

/** The invocations of a round, as far as they are billed. */
export interface BilledRound {
  readonly executions: readonly Execution[]
  /** Invocations whose time the function told, not the platform. */
  readonly untold: number
  /** Invocations of which no time is known: they are in no bill. */
  readonly unknown: number
}

/** How a platform bills what is in the samples. */
export interface BillingView {
  /** Absent where nothing is billed. */
  readonly rule?: Pick<BillingRule, 'memory' | 'startBilled'>
  /** It ran on another platform, whose billed time says nothing here. */
  readonly asIf?: boolean
  /** Where the functions used an object store. */
  readonly store?: Pick<StoreBilling, 'requests' | 'egress'> | undefined
}

/** One execution an invocation: where a round has two directions, its two samples are one. */
export function executionsOf(
  { memoryMb }: Pick<RoundRecord, 'memoryMb'>,
  samples: readonly Sample[],
  { rule, asIf = false, store }: BillingView,
): BilledRound {
  const invocations = new Map<string, readonly Sample[]>()
  for (const sample of samples) {
    const key = `${sample.attempt ?? 0} ${sample.invocation}`
    invocations.set(key, [...(invocations.get(key) ?? []), sample])
  }
  const executions: Execution[] = []
  let untold = 0
  let unknown = 0
  for (const parts of invocations.values()) {
    const memory = rule !== undefined && 'observed' in rule.memory ? most(parts.map(({ memoryUsedMb }) => memoryUsedMb)) : memoryMb
    const billedMs = most(parts.map((part) => part.billedMs))
    const own = most(parts.map((part) => ownMs(part, rule?.startBilled === true && !asIf)))
    const ms = asIf ? (own ?? billedMs) : (billedMs ?? own)
    // What the platform did not start is in no bill.
    if (billedMs === 0) continue
    if (ms === undefined || memory === undefined) {
      unknown++
      continue
    }
    if (billedMs === undefined) untold++
    const egressBytes = (store?.egress ?? true) ? sentBytes(parts) : 0
    executions.push({ ms, memoryMb: memory, egressBytes, ...(store?.requests && storeRequests(parts)), ...within(parts, ms) })
  }
  return { executions, untold, unknown }
}

/** What the function tells of its time: since its task came, and where the plan bills that the start of its instance, too. */
function ownMs({ durationMs, initMs = 0 }: Sample, startBilled: boolean): number | undefined {
  return durationMs === undefined ? undefined : durationMs + (startBilled ? initMs : 0)
}

function most(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

function sentBytes(parts: readonly Sample[]): number {
  return parts.reduce((sum, { direction, bytes = 0 }) => sum + (direction === 'upload' ? bytes : 0), 0)
}

/** As the probe counted them; else one a chunk. */
function storeRequests(parts: readonly Sample[]): Pick<Execution, 'storageReads' | 'storageWrites'> {
  const requests = (of: 'download' | 'upload'): number =>
    parts.reduce(
      (sum, { direction = 'download', values, chunks }) => sum + (direction === of ? (values?.['requests'] ?? chunks?.length ?? 0) : 0),
      0,
    )
  return { storageReads: requests('download'), storageWrites: requests('upload') }
}

/** From its end backwards: what a function does after measuring is short, what it does before may be long. */
function within(parts: readonly Sample[], ms: number): Pick<Execution, 'within'> {
  const instance = parts.find((part) => part.instance !== undefined)?.instance
  const endMs = most(parts.map(({ endedAtMs }) => endedAtMs))
  return instance === undefined || endMs === undefined ? {} : { within: { instance, startMs: endMs - ms } }
}
