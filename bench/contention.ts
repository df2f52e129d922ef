/**
 * Who shares a host, by contention alone: real traffic on the local host, all facts and declared hosts withheld from the tests.
 *
 * node bench/contention.ts [--sizes 7,6,7,6] [--uplinks 120e6,…] [--sharing fifo|capped|fair] [--memory 1536] [--vcpus 2] [--listen 4e6]
 *   [--tests 12] [--runs 1] [--verbose]   (needs a build, and root)
 */
import { parseArgs } from 'node:util'
import { fowlkesMallowsOf, linksOf, type VerifiedRun, verifiedRun } from '../test/run/blind-provider.ts'

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '7,6,7,6' },
    uplinks: { type: 'string' },
    sharing: { type: 'string', default: 'fifo' },
    memory: { type: 'string', default: '1536' },
    vcpus: { type: 'string', default: '2' },
    listen: { type: 'string', default: '4e6' },
    tests: { type: 'string', default: '12' },
    runs: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
  },
})
const sharing = values.sharing === 'capped' || values.sharing === 'fair' ? values.sharing : 'fifo'
const numbers = (text: string): number[] => text.split(',').map(Number)
for (let each = 0; each < Number(values.runs); each++) {
  const startedAt = performance.now()
  const verified = await verifiedRun({
    sizes: numbers(values.sizes),
    sharing,
    ...(values.uplinks !== undefined && { uplinks: numbers(values.uplinks) }),
    memoryMb: Number(values.memory),
    vcpus: Number(values.vcpus),
    colocation: { maximumTests: Number(values.tests), listenBitsPerSecond: Number(values.listen) },
  })
  const { journal, report, rounds } = verified
  const bytes = journal.samples.reduce((sum, sample) => sum + (sample.bytes ?? 0), 0)
  console.log(
    JSON.stringify({
      sizes: values.sizes,
      sharing,
      fowlkesMallows: fowlkesMallowsOf(verified),
      rounds: rounds.length,
      discarded: rounds.flatMap(({ discarded }) => discarded ?? []),
      refused: report.colocation?.contention?.flatMap(({ refused }) => refused ?? []),
      links: linksOf(verified),
      groups: report.colocation?.groups.map(({ instances, confidence }) => `${instances.length} (${confidence.toFixed(3)})`),
      undecided: report.colocation?.undecided.length,
      differentHost: report.colocation?.pairs.differentHost,
      megabytes: Math.round(bytes / 1e6),
      seconds: Math.round((performance.now() - startedAt) / 1000),
      ...readings(verified),
    }),
  )
}

/** Losses of those who share the sender's host, and of those who do not. */
function readings({ rounds, hosts, journal }: VerifiedRun): object {
  const [together, apart]: [number[], number[]] = [[], []]
  for (const { readings: own, senders } of rounds.filter(({ mark }) => mark.kind !== 'silent')) {
    const loaded = new Set(senders.map((name) => hosts.get(name)))
    for (const { listener, effect } of own) if (effect !== null) (loaded.has(hosts.get(listener)) ? together : apart).push(effect)
  }
  const idle = journal.rounds.flatMap(({ hostIdle }) => hostIdle ?? [])
  const figures = { leastTogether: Math.min(...together), mostApart: Math.max(...apart), leastIdle: Math.min(...idle) }
  const all = rounds.map(({ mark, discarded, alarms, readings: own }) => ({ ...mark, discarded, alarms, readings: own }))
  return { ...figures, ...(values.verbose && { all }) }
}
