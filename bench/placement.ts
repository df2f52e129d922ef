/**
 * Who shares a host, by what real sandboxes of the local host tell of themselves, against the hosts that it declares.
 *
 * node bench/placement.ts   (needs a build, and root)
 */
import { agreementWith, colocationOf, declaredIn, onlyOf, placedRun, withheld } from '../test/run/placed-run.ts'

const rows: object[] = []
for (const placement of ['spread', 'blocked'] as const) {
  for (const hosts of [1, 2, 4, 8]) {
    const journal = await placedRun({ hosts, functions: [4, 26, 64], placement })
    for (const concurrency of [...new Set(journal.rounds.map((round) => round.concurrency))].sort((a, b) => a - b)) {
      const own = onlyOf(journal, concurrency)
      const truth = declaredIn(own)
      const [declared, facts, rest] = [
        await colocationOf(own),
        await colocationOf(withheld(own)),
        await colocationOf(withheld(own, ['net/', 'egress', 'sys/class/net'])),
      ]
      rows.push({
        placement,
        hosts,
        instances: truth.size,
        failed: own.samples.filter(({ outcome }) => outcome !== 'completed').length,
        'FMI, host declared': agreementWith(truth, declared).fowlkesMallows,
        'FMI, by facts': agreementWith(truth, facts).fowlkesMallows,
        'unknown, by facts': facts.unknownShare,
        'groups without addresses': rest.groups.length,
        'unknown without addresses': rest.unknownShare,
      })
    }
  }
}
console.table(rows)
