import type { CostMapFinding } from '../../model/cost-map.ts'
import { InputError } from '../../model/errors.ts'
import type { Journal } from '../../model/journal.ts'
import type { Platform } from '../../model/platform.ts'
import { namedPlatform } from '../../pricing/named-platform.ts'
import { currentPriceBook, isBilled, type Meter, type PriceBook, priceBookOf } from '../../pricing/price-book.ts'
import { tariffOf } from '../../pricing/tariff.ts'
import { unpricedBy } from '../cost.ts'

/** By what the map is priced. */
export interface Pricing {
  readonly platform: Platform
  readonly book: PriceBook
  /** It did not run there. */
  readonly asIf: boolean
}

/**
 * Where it ran, by the book that the journal names; or as if it had run elsewhere, by that book, or the newest where it names none.
 *
 * @returns why nothing is priced, as a sentence, where it ran without a price
 * @throws InputError `PRICE_UNKNOWN`, `INVALID_OPTION`: there are no prices for the platform that was named
 */
export function pricingOf({ experiment }: Pick<Journal, 'experiment'>, priceAs: string | undefined): Pricing | string {
  const version = experiment.priceBook?.version
  const named = version === undefined ? undefined : priceBookOf(version)
  if (priceAs !== undefined) return checked({ platform: namedPlatform(priceAs), book: named ?? currentPriceBook, asIf: true })
  if (version === undefined)
    return `${isBilled(experiment.provider) ? unpricedBy(experiment.provider) : 'Nothing was billed where it ran.'} ${ELSEWHERE}`
  if (named === undefined) return `The prices are those of ${version}, which this version of netfair does not have.`
  try {
    return checked({ platform: experiment.provider, book: named, asIf: false })
  } catch (error) {
    if (error instanceof InputError && error.code === 'PRICE_UNKNOWN') return `${error.message} ${ELSEWHERE}`
    throw error
  }
}

const ELSEWHERE = '`priceAs` (`--price-as aws:us-east-1`) tells what it would have cost there.'

/** Every plan bills requests: a region without a price for them has none at all. */
function checked(pricing: Pricing): Pricing {
  tariffOf(pricing.platform, pricing.book).priceOf('requests')
  return pricing
}

/** For the report. */
export function pricesOf({ platform, book, asIf }: Pricing, meters: readonly Meter[]): NonNullable<CostMapFinding['prices']> {
  const { rule, priceOf } = tariffOf(platform, book)
  return {
    provider: platform.name,
    plan: rule.plan,
    region: platform.region ?? '',
    architecture: platform.architecture ?? 'x86_64',
    priceBook: { version: book.version, date: book.date },
    asIf,
    unverified: meters.filter((meter) => priceOf(meter).unverified === true),
  }
}
