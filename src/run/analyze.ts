import type { AnalysisOptions } from '../analysis/analyze-journal.ts'
import { type Journal, loadJournal } from '../journal/reader.ts'
import type { Report } from '../model/report.ts'

/**
 * What a journal says: cells, verdicts with reasons, exclusions.
 *
 * Gives the same report for the same journal on any machine.
 *
 * @param source - a journal, as `run` returns it, or the path of one
 * @throws InputError `BROKEN_JOURNAL` with the number of the line, `JOURNAL_NOT_FOUND`
 */
export async function analyze(source: Journal | string, options: AnalysisOptions = {}): Promise<Report> {
  const { analyzeJournal } = await import('../analysis/analyze-journal.ts')
  return analyzeJournal(typeof source === 'string' ? await loadJournal(source) : source, options)
}
