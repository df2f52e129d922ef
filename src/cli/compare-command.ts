import { type Command, InvalidArgumentError } from 'commander'
import { analyzeJournal } from '../analysis/analyze-journal.ts'
import { compareJournals } from '../analysis/compare/compare-journals.ts'
import { loadJournal } from '../journal/reader.ts'
import { renderComparison } from '../report/comparison.ts'
import { comparisonJson } from '../report/json.ts'

interface CompareFlags {
  readonly json?: true
  readonly margin: number
}

export function addCompareCommand(program: Command): void {
  program
    .command('compare')
    .description('say which of two or more journals has more bandwidth, cell by cell')
    .argument('<journals...>', 'two journal.ndjson or more of one probe; each is compared with every later one')
    .option('--margin <share>', 'differences up to this are none that matters', margin, 0.1)
    .option('--json', 'the comparison as JSON')
    .action(compareFiles)
}

async function compareFiles(paths: readonly string[], { json, margin: asked }: CompareFlags): Promise<void> {
  const journals = await Promise.all(paths.map(async (path) => ({ name: path, journal: await loadJournal(path) })))
  const comparison = compareJournals(journals, { margin: asked })
  if (json) {
    process.stdout.write(comparisonJson(comparison))
    return
  }
  const reports = journals.map(({ journal }) => analyzeJournal(journal))
  process.stdout.write(renderComparison(comparison, reports, { color: process.stdout.isTTY === true }))
}

function margin(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && Number.isFinite(value)) return value
  throw new InvalidArgumentError('A margin is a number above 0, for example 0.1 for 10 %.')
}
