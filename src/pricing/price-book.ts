import { prices2026November } from './prices-2026-11.ts'

/** What is counted; the unit of its quantity is in the name. GB of memory are 1,024 MB. */
export type Meter =
  | 'compute GB-s'
  | 'CPU GHz-s'
  | 'CPU vCPU-s'
  | 'ephemeral storage GB-s'
  | 'requests'
  | 'egress GB'
  | 'storage reads'
  | 'storage writes'

/** Price of one unit of a meter: the first tier, no free tier. */
export interface Price {
  readonly provider: string
  readonly plan: string
  /** Where it holds; there is no other region for which it may be taken. */
  readonly regions: readonly string[]
  /** Absent: for every one. */
  readonly architecture?: 'x86_64' | 'arm64'
  readonly meter: Meter
  /** US dollars a unit. */
  readonly usd: number
  readonly source: string
  /** Of the source, `YYYY-MM-DD`. */
  readonly date: string
  /** From memory or a second-hand source, not from the provider's page. */
  readonly unverified?: true
}

/** How a plan makes a bill of an execution. */
export interface BillingRule {
  readonly provider: string
  readonly plan: string
  /** Taken where no plan is named. */
  readonly usual?: true
  /** Time is raised to the minimum, then rounded up to a whole number of steps. */
  readonly time: { readonly minimumMs: number; readonly stepMs: number }
  /** An instance is billed while at least one execution is active in it, each such period by itself. */
  readonly perActivePeriod?: true
  /** Start of the code of an instance is billed like its work. */
  readonly startBilled: boolean
  /** Memory that can be chosen, with the CPU that comes with each size where that is billed too; absent: it cannot be chosen. */
  readonly memory:
    | { readonly from: number; readonly to: number }
    | { readonly sizes: readonly { readonly memoryMb: number; readonly ghz?: number; readonly vcpus?: number }[] }
    | { readonly observed: { readonly minimumMb: number; readonly stepMb: number; readonly maximumMb: number } }
  /** Bytes of a GB of egress. */
  readonly egressGBBytes: number
  /** Network rate of an instance by the provider's documents; absent where none is published. */
  readonly publishedBitsPerSecond?: number
  readonly source: string
  /** Of the source, `YYYY-MM-DD`. */
  readonly date: string
}

/** Prices of one day, with the rules by which they become a bill. */
export interface PriceBook {
  readonly version: string
  /** When it was put together, `YYYY-MM-DD`. */
  readonly date: string
  readonly prices: readonly Price[]
  readonly rules: readonly BillingRule[]
}

/** The newest prices; every quote is made with them. */
export const currentPriceBook: PriceBook = prices2026November

/** Books that journals may name: none is ever changed or dropped. */
const priceBooks: readonly PriceBook[] = [prices2026November]

/** @returns undefined where this version of netfair does not have it */
export function priceBookOf(version: string): PriceBook | undefined {
  return priceBooks.find((book) => book.version === version)
}

/** Whether functions of this provider cost anything, whatever the price. */
export const isBilled = ({ name }: { readonly name: string }): boolean =>
  priceBooks.some(({ rules }) => rules.some(({ provider }) => provider === name))

/** A book older than this, in days, is warned about: AWS alone changed its billing of functions in 2025-08 and its network in 2026-08. */
export const oldPricesDays = 180

const dayMs = 86_400_000

/** @returns the age of a book in whole days where it is too old to be trusted at this time, else undefined */
export function daysTooOld({ date }: Pick<PriceBook, 'date'>, atMs: number): number | undefined {
  const days = Math.floor((atMs - Date.parse(date)) / dayMs)
  return days > oldPricesDays ? days : undefined
}
