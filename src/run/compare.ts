import type { CompareOptions, NamedJournal } from '../analysis/compare/compare-journals.ts'
import type { Comparison } from '../analysis/compare/comparison.ts'
import { type Journal, loadJournal } from '../journal/reader.ts'

/**
 * Compares journals cell by cell: every one with every later one, which is the candidate.
 *
 * Rounds that both sides ran in the same repetition on the same host are compared as pairs. Ratio of the rates of the mean function with its
 * 95 % interval, effect size, and p adjusted over all cells (Holm). `better` and `worse` need significance and a ratio beyond the
 * margin, `equivalent` an interval within it; all else is `inconclusive`, with reasons, and so is every cell that the analysis would not
 * let testify (CPU-bound, failed rounds, plain tier, …) or that one journal lacks.
 *
 * It takes journals, not reports: a report no longer has the rounds that are paired.
 *
 * @param sources - two or more journals of one probe, or their paths
 * @throws InputError `TOO_FEW_JOURNALS`, `DIFFERENT_PROBES`, `INVALID_OPTION`, and what reading a journal throws
 */
export async function compare(sources: readonly (Journal | string)[], options: CompareOptions = {}): Promise<Comparison> {
  const { compareJournals } = await import('../analysis/compare/compare-journals.ts')
  return compareJournals(await Promise.all(sources.map(named)), options)
}

async function named(source: Journal | string): Promise<NamedJournal> {
  if (typeof source === 'string') return { name: source, journal: await loadJournal(source) }
  return { name: source.experiment.id, journal: source }
}
