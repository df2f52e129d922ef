import { InputError } from '../model/errors.ts'
import type { ExperimentRecord } from '../model/journal-record.ts'
import type { StoreLocation, StoreName } from '../model/object-store.ts'
import type { Platform } from '../model/platform.ts'
import type { PriceBook } from '../pricing/price-book.ts'
import { tariffOf } from '../pricing/tariff.ts'

/** How the platform bills what its functions do with an object store. */
export interface StoreBilling {
  /** Requests are on the same bill. */
  readonly requests: boolean
  /** What is sent to the store leaves the platform's region. */
  readonly egress: boolean
  /** What is not on the bill, a sentence each. */
  readonly missing: readonly string[]
}

const cloudOf: Readonly<Record<StoreName, string>> = { s3: 'aws', gcs: 'gcp', 'azure-blob': 'azure' }

/**
 * What a store costs beside the functions. The store of the platform's own cloud is taken to be in the functions' region where its location does
 * not say another one: then nothing is billed for bytes.
 *
 * @param asIf - the platform is not the one that it ran on: then the store is taken to be that one's own, in the same region
 * @returns undefined where the probe uses no object store
 */
export function storeBilling(
  { probe }: Pick<ExperimentRecord, 'probe'>,
  { platform, book, asIf }: { readonly platform: Platform; readonly book: PriceBook; readonly asIf: boolean },
): StoreBilling | undefined {
  const location = locationOf(probe)
  if (location === undefined) return undefined
  const own = asIf || (cloudOf[location.store] === platform.name && location.endpoint === undefined)
  if (!own)
    return {
      requests: false,
      egress: true,
      missing: ['The store is of another provider: its requests and what it sends are not in the cost.'],
    }
  const elsewhere = !asIf && location.region !== undefined && location.region !== platform.region
  const unpriced = requestPriceMissing(platform, book)
  return {
    requests: unpriced === undefined,
    egress: elsewhere,
    missing: [unpriced ?? [], elsewhere ? 'The store is in another region: what it sends is not in the cost.' : []].flat(),
  }
}

/** Whether the functions move objects of a store: no target moves their bytes then. */
export const hasStore = ({ probe }: Pick<ExperimentRecord, 'probe'>): boolean => locationOf(probe) !== undefined

function locationOf({ params }: ExperimentRecord['probe']): StoreLocation | undefined {
  const location = params?.['store'] as StoreLocation | undefined
  return location?.store === undefined ? undefined : location
}

function requestPriceMissing(platform: Platform, book: PriceBook): string | undefined {
  const tariff = tariffOf(platform, book)
  try {
    tariff.priceOf('storage reads')
    tariff.priceOf('storage writes')
    return undefined
  } catch (error) {
    if (error instanceof InputError) return `Requests to the store are not in the cost: ${error.message}`
    throw error
  }
}
