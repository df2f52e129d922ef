import type { Factors } from '../model/journal-record.ts'

const steps: readonly (readonly [factor: number, unit: string])[] = [
  [1e9, 'Gbit/s'],
  [1e6, 'Mbit/s'],
  [1e3, 'kbit/s'],
]

/** A rate for people: `573.7 Mbit/s`. */
export function formatRate(bitsPerSecond: number): string {
  const [factor, unit] = steps.find(([least]) => bitsPerSecond >= least) ?? [1, 'bit/s']
  return `${formatNumber(bitsPerSecond / factor)} ${unit}`
}

/** A rate in Mbit/s without the unit, for a column; `–` when unknown. */
export function formatMbit(bitsPerSecond: number | null): string {
  return bitsPerSecond === null ? '–' : formatNumber(bitsPerSecond / 1e6)
}

/** Milliseconds without the unit, for a column; `–` when unknown. */
export function formatMs(milliseconds: number | null | undefined): string {
  return milliseconds === null || milliseconds === undefined ? '–' : formatNumber(milliseconds)
}

/** Three to four digits. */
export function formatNumber(value: number): string {
  return value.toFixed(value >= 1000 ? 0 : value >= 10 ? 1 : 2)
}

/** 0–1 with two digits, never rounded up to 1; `–` when unknown. */
export function formatShare(value: number | null): string {
  if (value === null) return '–'
  return value < 1 && value > 0.994 ? `${(Math.floor(value * 1000) / 1000).toFixed(3)}` : value.toFixed(2)
}

/** Other factor levels: `path vpc, streams 4`. */
export function formatFactors(factors: Factors): string {
  return Object.entries(factors)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

/** `1 pair`, `2 pairs`. */
export const formatCount = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`

/** Cents and above in full, below that four digits. */
export function formatUsd(usd: number): string {
  return `${usd >= 1 ? usd.toFixed(2) : usd.toPrecision(4)} USD`
}
