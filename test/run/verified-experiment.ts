import { contentionRounds } from '../../src/analysis/colocation/contention-round.ts'
import type { ColocationFinding } from '../../src/model/colocation-finding.ts'
import type { Journal } from '../../src/model/journal.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { analyze } from '../../src/run/analyze.ts'
import { defineExperiment, type Experiment, type ExperimentOptions } from '../../src/run/experiment.ts'
import type { Contending } from './contending-provider.ts'

export const spread = (functions: number, hosts: number) => Array.from({ length: functions }, (_, slot) => `host-${slot % hosts}`)

export function verified(bed: Contending, options: Partial<ExperimentOptions> = {}): Experiment {
  return defineExperiment({
    provider: bed.provider,
    target: bed.target,
    probe: iperf3({ seconds: 1 }),
    memoryMb: [1024],
    concurrency: [bed.functions],
    repetitions: 1,
    colocation: { verify: 'contention' },
    ...options,
  })
}

export const colocationOf = async (source: Journal): Promise<ColocationFinding> => {
  const { colocation } = await analyze(source, { resamples: 20, fairnessResamples: 20 })
  if (colocation === null) throw new Error('no finding')
  return colocation
}
/** Hosts of each group, by name; two names are a wrong link. */
export const hostsOf = (bed: Contending, { groups }: ColocationFinding) =>
  groups.map(({ instances }) => [...new Set(instances.map((name) => bed.hostOf.get(name)))].join(' and ')).sort()
export const tests = (source: Journal) =>
  contentionRounds(source).map(({ mark, senders, discarded }) => [mark.kind, senders.length, ...(discarded ? [discarded] : [])].join(' '))
