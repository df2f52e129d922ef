import type { Command } from 'commander'
import { reportJson } from '../report/json.ts'
import { renderReport } from '../report/table.ts'
import { analyze } from '../run/analyze.ts'

export function addAnalyzeCommand(program: Command): void {
  program
    .command('analyze')
    .description('say what a journal says; never writes to it')
    .argument('<journal>', 'a journal.ndjson')
    .option('--json', 'the report as JSON, byte for byte what `run` writes as report.json')
    .action(async (path: string, { json }: { json?: true }) => {
      const report = await analyze(path)
      process.stdout.write(json ? reportJson(report) : renderReport(report, { color: process.stdout.isTTY === true }))
    })
}
