import { InputError } from '../model/errors.ts'
import type { Platform } from '../model/platform.ts'
import type { BillingRule, Meter, Price, PriceBook } from './price-book.ts'

/** The prices of one platform. */
export interface Tariff {
  readonly rule: BillingRule
  /** @throws InputError `PRICE_UNKNOWN`: the book has no price for this region */
  priceOf(meter: Meter): Price
}

const unknown = (message: string, hint: string): InputError => new InputError('PRICE_UNKNOWN', message, { hint })

/** @throws InputError `PRICE_UNKNOWN`: the book does not know the provider or its plan, or no region is named */
export function tariffOf({ name, variant, region, architecture = 'x86_64' }: Platform, book: PriceBook): Tariff {
  const rules = book.rules.filter(({ provider }) => provider === name)
  const rule = rules.find(({ plan, usual }) => (variant === undefined ? usual : plan === variant))
  if (rule === undefined) {
    const known = rules.length > 0 ? rules.map(({ plan }) => plan) : [...new Set(book.rules.map(({ provider }) => provider))]
    const what = rules.length > 0 ? `plan ${variant} of ${name}` : `provider ${name}`
    throw unknown(`The price book ${book.version} does not know the ${what}, only: ${known.join(', ')}.`, 'Go without `budget.usd`.')
  }
  const place = `${name} ${rule.plan}`
  if (region === undefined) throw unknown(`What ${place} costs depends on the region, and none is named.`, 'Name a region.')
  return {
    rule,
    priceOf(meter) {
      const prices = book.prices.filter((price) => price.provider === name && price.plan === rule.plan && price.meter === meter)
      const fitting = prices.find((price) => price.regions.includes(region) && (price.architecture ?? architecture) === architecture)
      if (fitting !== undefined) return fitting
      const known = [...new Set(prices.flatMap(({ regions }) => regions))].join(', ')
      const where = known === '' ? 'in no region' : `only in: ${known}`
      const what = `"${meter}" of ${place} (${architecture}) in ${region}`
      throw unknown(
        `The price book ${book.version} has no price for ${what}, ${where}.`,
        'Use one of these regions, or go without `budget.usd`.',
      )
    },
  }
}

/** Memory and CPU of an instance, as they are billed. */
export interface BilledSize {
  readonly GB: number
  readonly ghz?: number
  readonly vcpus?: number
}

/**
 * @param memoryMb - configured; where the plan bills what it observed: the observed
 * @throws InputError `PRICE_UNKNOWN`: the plan has no such memory size
 */
export function billedSize({ memory, provider, plan }: BillingRule, memoryMb: number, vcpus: number | undefined): BilledSize {
  const refuse = (allowed: string): InputError =>
    unknown(`${provider} ${plan} has no price for ${memoryMb} MB of memory, only for ${allowed}.`, 'Use another memory size.')
  if ('observed' in memory) {
    const { minimumMb, stepMb, maximumMb } = memory.observed
    if (!(memoryMb > 0)) throw refuse(`up to ${maximumMb} MB`)
    const rounded = Math.ceil(Math.max(memoryMb, minimumMb) / stepMb) * stepMb
    return { GB: Math.min(rounded, maximumMb) / 1024 }
  }
  if ('from' in memory) {
    if (Number.isInteger(memoryMb) && memoryMb >= memory.from && memoryMb <= memory.to) return { GB: memoryMb / 1024 }
    throw refuse(`whole numbers of MB from ${memory.from} to ${memory.to}`)
  }
  const size = memory.sizes.find((each) => each.memoryMb === memoryMb)
  const billsCpu = memory.sizes.some((each) => each.vcpus !== undefined)
  if (size !== undefined) return { ...size, GB: memoryMb / 1024, ...(billsCpu && vcpus !== undefined && { vcpus }) }
  if (billsCpu && vcpus !== undefined && memoryMb > 0) return { GB: memoryMb / 1024, vcpus }
  throw refuse(memory.sizes.map((each) => each.memoryMb).join(', '))
}

/**
 * How the platform's plan makes a bill of an execution.
 * @throws InputError `PRICE_UNKNOWN`
 */
export function billingRuleOf(platform: Platform, book: PriceBook): BillingRule {
  return tariffOf(platform, book).rule
}
