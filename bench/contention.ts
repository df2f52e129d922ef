/**
 * Who shares a host, by contention alone: real traffic on the local host, all facts and declared hosts withheld from the tests.
 *
 * node bench/contention.ts [--functions 26] [--hosts 4] [--sharing fifo|capped|fair] [--runs 1]   (needs a build, and root)
 */
import { parseArgs } from 'node:util'
import { fowlkesMallowsOf, verifiedRun } from '../test/run/blind-provider.ts'

const { values } = parseArgs({
  options: {
    functions: { type: 'string', default: '26' },
    hosts: { type: 'string', default: '4' },
    sharing: { type: 'string', default: 'fifo' },
    runs: { type: 'string', default: '1' },
  },
})
const sharing = values.sharing === 'capped' || values.sharing === 'fair' ? values.sharing : 'fifo'
for (let run = 0; run < Number(values.runs); run++) {
  const startedAt = performance.now()
  const { journal, report, hosts } = await verifiedRun({ functions: Number(values.functions), hosts: Number(values.hosts), sharing })
  const rounds = journal.rounds.filter(({ factors }) => factors?.['contention'] !== undefined)
  const bytes = journal.samples.reduce((sum, sample) => sum + (sample.bytes ?? 0), 0)
  console.log({
    sharing,
    rounds: rounds.length,
    fowlkesMallows: fowlkesMallowsOf(report, hosts),
    groups: report.colocation?.groups.map(({ level, instances, confidence }) => `${level} ${instances.length} ${confidence.toFixed(3)}`),
    undecided: report.colocation?.undecided.length,
    pairs: report.colocation?.pairs,
    contention: report.colocation?.contention,
    megabytes: bytes / 1e6,
    seconds: (performance.now() - startedAt) / 1000,
  })
}
