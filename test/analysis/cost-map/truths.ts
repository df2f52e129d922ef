import type { WorkTruth } from './work-journal.ts'

/** Bits per second of one chunk. */
export const truths: Readonly<Record<string, WorkTruth['rate']>> = {
  'the lowest of quota, cap and capacity': (mb, k) => Math.min(mb * 0.4e6, 300e6, 600e6 / k),
  'a soft knee': (mb, k) => ((mb * 0.4e6) ** -3 + 300e6 ** -3 + (600e6 / k) ** -3) ** (-1 / 3),
  'CPU and network one after the other': (mb, k) => 1 / (1 / (mb * 0.4e6) + k / 600e6),
  'powers of both': (mb, k) => 20e6 * (mb / 128) ** 0.5 * k ** -0.4,
  'isolated, memory flat': () => 80e6,
  'a network that collapses': (mb, k) => Math.min(mb * 0.8e6, 900e6 * k ** -1.3),
}
