import { contentionRounds } from '../../src/analysis/colocation/contention-round.ts'
import { agreement } from '../../src/analysis/colocation/quality.ts'
import type { Journal } from '../../src/model/journal.ts'
import type { Report } from '../../src/model/report.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { type LocalOptions, local } from '../../src/providers/local.ts'
import type { Deployment, Provider } from '../../src/providers/provider.ts'
import { analyze } from '../../src/run/analyze.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'

/** A provider that tells neither facts nor hosts; who knows them is the caller, by instance. */
function blind(provider: Provider, hosts: Map<string, string>): Provider {
  return {
    ...provider,
    async deploy(request) {
      const deployment = await provider.deploy(request)
      const invoke: Deployment['invoke'] = async (task, options) => {
        const { host = '', ...result } = await deployment.invoke(task, options)
        const samples = result.samples.map(({ facts: _, ...sample }) => {
          if (sample.instance !== undefined) hosts.set(sample.instance, host)
          return sample
        })
        return { ...result, samples }
      }
      return {
        memoryMb: deployment.memoryMb,
        invoke,
        ...(deployment.hostCpu && { hostCpu: () => deployment.hostCpu?.() ?? { idleSeconds: 0, totalSeconds: 0 } }),
        [Symbol.asyncDispose]: () => deployment[Symbol.asyncDispose](),
      }
    },
  }
}

const uplinks: Readonly<Record<'fifo' | 'fair' | 'capped', Pick<LocalOptions, 'uplinkBitsPerSecond' | 'sharing' | 'capBitsPerSecond'>>> = {
  fifo: { sharing: 'fifo', uplinkBitsPerSecond: 40e6 },
  fair: { sharing: 'fair', uplinkBitsPerSecond: 40e6 },
  capped: { sharing: 'capped', uplinkBitsPerSecond: 400e6, capBitsPerSecond: 10e6 },
}

/** An experiment of one short round, and tests of co-location on real traffic. */
export async function verifiedRun(given: {
  readonly functions: number
  readonly hosts: number
  readonly sharing: 'fifo' | 'fair' | 'capped'
}): Promise<{ readonly journal: Journal; readonly report: Report; readonly hosts: ReadonlyMap<string, string> }> {
  const hosts = new Map<string, string>()
  const lab = local({ ...uplinks[given.sharing], hosts: given.hosts, placement: 'spread', vcpus: 2 })
  const experiment = defineExperiment({
    provider: blind(lab, hosts),
    probe: iperf3({ seconds: 0.5, bitsPerSecond: 1e6 }),
    memoryMb: [1536],
    concurrency: [given.functions],
    repetitions: 1,
    colocation: { verify: 'contention', maximumTests: 12, burstMs: 1500, listenBitsPerSecond: 4.5e6, sendBitsPerSecond: 100e6 },
  })
  const journal = await run(experiment)
  return { journal, report: await analyze(journal), hosts }
}

/** Of the groups that the tests made, against the hosts. */
export function fowlkesMallowsOf({ colocation }: Report, hosts: ReadonlyMap<string, string>): number | null {
  const instances = [...hosts.keys()].sort()
  const groupOf = new Map(
    colocation?.groups.flatMap(({ level, instances: own }, group) =>
      level === 'same-host' ? own.map((name) => [name, group] as const) : [],
    ),
  )
  const found = instances.map((name, number) => groupOf.get(name) ?? -1 - number)
  return agreement(
    found,
    instances.map((name) => hosts.get(name) ?? ''),
  ).fowlkesMallows
}

/** Every round of tests, for a look at why something went wrong. */
export const roundsOf = (journal: Journal) =>
  contentionRounds(journal).map(({ mark, senders, readings, alarms, discarded }) => ({ ...mark, senders, readings, alarms, discarded }))
