import type { ExperimentRecord } from '../model/journal-record.ts'
import { currentPriceBook } from '../pricing/price-book.ts'
import type { ProviderDescription } from '../providers/provider.ts'
import type { Experiment } from './experiment.ts'
import type { Plan } from './plan.ts'
import { toolVersion } from './tool-version.ts'

/** First line of a journal: what was asked for, by what, where. */
export function experimentRecord(id: string, experiment: Experiment, planned: Plan, place: ProviderDescription): ExperimentRecord {
  const { probe, memoryMb, concurrency, direction, factors, repetitions, rehearsals, stop, budget } = experiment
  const { aggressor, colocation, work, expectations } = experiment
  const { seed, warmUpMs, provider } = experiment
  const { environment, tiersRefused, ...where } = place
  return {
    type: 'experiment',
    schema: 'netfair.journal/1',
    id,
    createdAt: new Date().toISOString(),
    tool: { name: 'netfair', version: toolVersion() },
    provider: { ...provider.billedAs, ...where },
    probe: { name: probe.name, version: probe.version, params: probe.params },
    plan: {
      memoryMb,
      concurrency,
      direction,
      factors,
      repetitions,
      seed,
      warmUpMs,
      hash: planned.hash,
      ...(rehearsals !== undefined && { rehearsals }),
      ...(stop !== undefined && { stop: { ...stop } }),
      ...(budget !== undefined && { budget: { ...budget } }),
      ...(aggressor !== undefined && { aggressor: { ...aggressor } }),
      ...(colocation !== undefined && { colocation: { ...colocation } }),
      ...(work !== undefined && { work }),
      ...(expectations !== undefined && { expectations: expectations.map((expectation) => ({ ...expectation })) }),
    },
    // Also where it has no price: what the bill will be looked for in.
    ...(provider.billedAs !== undefined && { priceBook: { version: currentPriceBook.version, date: currentPriceBook.date } }),
    ...(planned.quote !== null && { quote: quoteRecord(planned.quote.usd, experiment) }),
    environment: { ...environment, ...(tiersRefused === undefined ? {} : { tiersRefused }) },
  }
}

/** The rate and the time that the quote assumed have their place in it; the prices of the measuring side are needed again for the bill. */
function quoteRecord(usd: number, { targets, quote }: Experiment): NonNullable<ExperimentRecord['quote']> {
  const { targetUsdPerHour, targetUsdPerGB } = quote
  return {
    usd,
    targets: targets.length,
    ...(targetUsdPerHour !== undefined && { targetUsdPerHour }),
    ...(targetUsdPerGB !== undefined && { targetUsdPerGB }),
  }
}
