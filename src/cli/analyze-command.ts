import type { Command } from 'commander'
import { loadJournal } from '../journal/reader.ts'
import { demandExpectations } from '../report/check/expectations.ts'
import { reportJson } from '../report/json.ts'
import { renderReport } from '../report/table.ts'
import { analyze } from '../run/analyze.ts'
import { checkedExpectations } from '../run/expectations.ts'
import { addCostMapFlags, type CostMapFlags, costMapOptions } from './cost-map-flags.ts'

interface AnalyzeFlags extends CostMapFlags {
  readonly json?: true
  readonly network?: string
}

export function addAnalyzeCommand(program: Command): void {
  const command = program
    .command('analyze')
    .description('say what a journal says, and whether its expectations hold; never writes to it')
    .argument('<journal>', 'a journal.ndjson')
    .option('--network <journal>', 'a journal of iperf3 in the same place: says how much more the network alone would give')
    .option('--json', 'the report as JSON, byte for byte what `run` writes as report.json')
  addCostMapFlags(command).action(async (path: string, { json, network, ...map }: AnalyzeFlags) => {
    const journal = await loadJournal(path)
    const expectations = checkedExpectations(path, journal.experiment.plan.expectations ?? [])
    const beside = network === undefined ? {} : { network: await loadJournal(network) }
    const report = await analyze(journal, { ...beside, costMap: costMapOptions(map) })
    process.stdout.write(json ? reportJson(report) : renderReport(report, { color: process.stdout.isTTY === true }))
    demandExpectations(report, expectations)
  })
}
