import { execFileSync } from 'node:child_process'
import { type ContentionRound, contentionRounds } from '../../src/analysis/colocation/contention-round.ts'
import { agreement } from '../../src/analysis/colocation/quality.ts'
import type { Journal } from '../../src/model/journal.ts'
import type { Report } from '../../src/model/report.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { type LocalOptions, local } from '../../src/providers/local.ts'
import type { Deployment, Provider } from '../../src/providers/provider.ts'
import { analyze } from '../../src/run/analyze.ts'
import type { ColocationOptions } from '../../src/run/contention-options.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'

/** Functions on hosts, of which nobody is told. */
export interface BlindLab {
  /** Functions of each host. */
  readonly sizes: readonly number[]
  readonly sharing: 'fifo' | 'fair' | 'capped'
  /** Of each host, in bits per second. Default 120e6 each; with `capped` 400e6, of which a function gets 10e6. */
  readonly uplinks?: readonly number[]
  /** Default 1536, of which a function has 1.02 vCPU. */
  readonly memoryMb?: number
  /** Of a function with 3008 MB. Default 2. */
  readonly vcpus?: number
  readonly colocation?: Partial<ColocationOptions>
  /** Whether the CPU of this host is told, as only a lab can. Default true. */
  readonly lab?: boolean
}

/** A provider that tells neither facts nor hosts, and puts on each host as many as was asked for. */
function blind(provider: Provider, { sizes, uplinks, lab = true }: BlindLab, hosts: Map<string, string>): Provider {
  // Places are dealt to the hosts in turn: some stay empty.
  const places = sizes.flatMap((size, host) => Array.from({ length: size }, (_, number) => number * sizes.length + host))
  return {
    ...provider,
    async deploy(request) {
      const deployment = await provider.deploy({ ...request, concurrency: sizes.length * Math.max(...sizes) })
      for (const [host, rate] of uplinks?.entries() ?? []) reshape(host, rate)
      const invoke: Deployment['invoke'] = async (task, options) => {
        const slot = places[options.slot ?? task.invocation] ?? 0
        const { host = '', ...result } = await deployment.invoke(task, { ...options, slot })
        const samples = result.samples.map(({ facts: _, ...sample }) => {
          if (sample.instance !== undefined) hosts.set(sample.instance, host)
          return sample
        })
        return { ...result, samples }
      }
      return {
        memoryMb: deployment.memoryMb,
        invoke,
        ...(lab && deployment.hostCpu && { hostCpu: () => deployment.hostCpu?.() ?? { idleSeconds: 0, totalSeconds: 0 } }),
        [Symbol.asyncDispose]: () => deployment[Symbol.asyncDispose](),
      }
    },
  }
}

/** Gives one host's uplink another rate, with a queue of 20 ms. */
function reshape(host: number, rate: number): void {
  const namespace = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })
    .split(/\s/)
    .find((name) => name.startsWith(`netfair-${process.pid}-`) && name.endsWith(`-h${host}`))
  const limit = `${Math.max(131_072, Math.round(rate / 400))}`
  for (const device of ['br0', 'up0'])
    execFileSync('ip', [
      'netns',
      'exec',
      `${namespace}`,
      'tc',
      'qdisc',
      'change',
      'dev',
      device,
      'root',
      'tbf',
      'rate',
      `${rate}`,
      'burst',
      '65536',
      'limit',
      limit,
    ])
}

const uplinkOf: Readonly<Record<BlindLab['sharing'], Pick<LocalOptions, 'uplinkBitsPerSecond' | 'sharing' | 'capBitsPerSecond'>>> = {
  fifo: { sharing: 'fifo', uplinkBitsPerSecond: 120e6 },
  fair: { sharing: 'fair', uplinkBitsPerSecond: 120e6 },
  capped: { sharing: 'capped', uplinkBitsPerSecond: 400e6, capBitsPerSecond: 10e6 },
}

/** What a run on such hosts found. */
export interface VerifiedRun {
  readonly journal: Journal
  readonly report: Report
  /** Where each instance was. */
  readonly hosts: ReadonlyMap<string, string>
  readonly rounds: readonly ContentionRound[]
}

/** An experiment of one short round, and tests of co-location on real traffic. */
export async function verifiedRun(blindLab: BlindLab): Promise<VerifiedRun> {
  const { sizes, sharing, memoryMb = 1536, vcpus = 2, colocation } = blindLab
  const hosts = new Map<string, string>()
  const lab = local({ ...uplinkOf[sharing], hosts: sizes.length, placement: 'spread', vcpus })
  const experiment = defineExperiment({
    provider: blind(lab, blindLab, hosts),
    probe: iperf3({ seconds: 0.5, bitsPerSecond: 1e6 }),
    memoryMb: [memoryMb],
    concurrency: [sizes.reduce((sum, size) => sum + size, 0)],
    repetitions: 1,
    colocation: { verify: 'contention', maximumTests: 12, sendBitsPerSecond: 200e6, ...colocation },
  })
  const journal = await run(experiment)
  return { journal, report: await analyze(journal), hosts, rounds: contentionRounds(journal) }
}

/** Of the groups that the tests made, against the hosts. */
export function fowlkesMallowsOf({ report: { colocation }, hosts }: VerifiedRun): number | null {
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

/** Pairs that were linked, and how many of them truly share a host. */
export function linksOf({ report: { colocation }, hosts }: VerifiedRun): { readonly all: number; readonly right: number } {
  const pairs = (colocation?.groups ?? []).flatMap(({ instances }) =>
    instances.flatMap((one, index) => instances.slice(index + 1).map((other) => hosts.get(one) === hosts.get(other))),
  )
  return { all: pairs.length, right: pairs.filter(Boolean).length }
}
