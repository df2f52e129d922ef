import { agreement } from '../../src/analysis/colocation/quality.ts'
import type { ColocationFinding } from '../../src/model/colocation-finding.ts'
import type { Journal } from '../../src/model/journal.ts'
import type { Sample } from '../../src/model/journal-record.ts'
import { latency } from '../../src/probes/latency/latency.ts'
import { local } from '../../src/providers/local.ts'
import { analyze } from '../../src/run/analyze.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'

export interface Placement {
  readonly hosts: number
  /** Functions in all: `spread` over the hosts in one round, `blocked` in one round a host. */
  readonly functions: readonly number[]
  readonly placement: 'spread' | 'blocked'
}

/** Real sandboxes on known hosts, as cheap as they come: nothing but their place matters. */
export function placedRun({ hosts, functions, placement }: Placement): Promise<Journal> {
  return run(
    defineExperiment({
      provider: local({ sharing: 'none', hosts, placement }),
      probe: latency({ seconds: 0.3, intervalMs: 50 }),
      memoryMb: [512],
      concurrency: functions.map((count) => (placement === 'spread' ? count : Math.ceil(count / hosts))),
      repetitions: placement === 'spread' ? 1 : hosts,
    }),
  )
}

/** The rounds of so many functions. */
export function onlyOf(journal: Journal, concurrency: number): Journal {
  const rounds = journal.rounds.filter((round) => round.concurrency === concurrency)
  const ids = new Set(rounds.map(({ id }) => id))
  return { ...journal, rounds, samples: journal.samples.filter(({ round }) => ids.has(round)) }
}

/** Without the declared host, and without facts whose key begins with one of these. */
export function withheld(journal: Journal, keys: readonly string[] = []): Journal {
  const rest = ({ host: _, facts, ...sample }: Sample): Sample =>
    ({
      ...sample,
      ...(facts && { facts: Object.fromEntries(Object.entries(facts).filter(([key]) => !keys.some((begin) => key.startsWith(begin)))) }),
    }) as Sample
  return { ...journal, rounds: journal.rounds.map(({ host: _, ...round }) => round), samples: journal.samples.map(rest) }
}

export async function colocationOf(journal: Journal): Promise<ColocationFinding> {
  const { colocation } = await analyze(journal, { resamples: 20, fairnessResamples: 20 })
  if (colocation === null) throw new Error('no finding')
  return colocation
}

/** Host of each instance, as the provider declares it. */
export const declaredIn = ({ samples }: Journal): ReadonlyMap<string, string> =>
  new Map(samples.flatMap(({ instance, host }) => (instance === undefined || host === undefined ? [] : [[instance, host]])))

/** Of the groups on one host or closer, against the declared hosts: null at 0 ÷ 0. */
export function agreementWith(truth: ReadonlyMap<string, string>, { groups }: ColocationFinding) {
  const groupOf = new Map<string, number>()
  for (const [number, { level, instances }] of groups.entries())
    if (level !== 'same-egress') for (const name of instances) groupOf.set(name, number)
  const names = [...truth.keys()].sort()
  return agreement(names.map((name, number) => groupOf.get(name) ?? -1 - number), names.map((name) => truth.get(name) ?? '')) // biome-ignore format: pairs
}
