import type { Command } from 'commander'
import { loadJournal } from '../journal/reader.ts'
import { renderColocation } from '../report/colocation.ts'

export function addColocationCommand(program: Command): void {
  program
    .command('colocation')
    .description('say which functions of a journal shared a sandbox, a machine or a host, and how that is known; never writes to it')
    .argument('<journal>', 'a journal.ndjson')
    .option('--json', 'the `colocation` of the report as JSON; null where the journal holds no facts')
    .action(async (path: string, { json }: { json?: true }) => {
      const { analyzeColocation } = await import('../analysis/analyze-journal.ts')
      const colocation = analyzeColocation(await loadJournal(path))
      const text = json
        ? `${JSON.stringify(colocation, null, 2)}\n`
        : renderColocation(colocation, { color: process.stdout.isTTY === true })
      process.stdout.write(text)
    })
}
