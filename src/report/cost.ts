import type { CostFinding } from '../model/report.ts'
import { formatUsd } from './format.ts'

/** The bill beside the quote, then each meter. */
export function describeCost({ quotedUsd, finalUsd, priceBook, items }: CostFinding): readonly string[] {
  const final = finalUsd === null ? 'What it cost is not known' : `It cost ${formatUsd(finalUsd)}`
  const quoted = quotedUsd === null ? '' : `, quoted at ${formatUsd(quotedUsd)}${finalUsd === null ? '' : ratio(finalUsd, quotedUsd)}`
  const prices = priceBook === null ? '' : `, by the prices of ${priceBook.date}`
  return [
    `${final}${quoted}${prices}.`,
    ...items.map(({ meter, quantity, usd }) => `${meter}: ${Number(quantity.toPrecision(6))} for ${formatUsd(usd)}.`),
  ]
}

function ratio(finalUsd: number, quotedUsd: number): string {
  if (quotedUsd === 0) return ''
  const percent = (finalUsd / quotedUsd - 1) * 100
  return ` (${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(1)} %)`
}
