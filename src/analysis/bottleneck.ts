import type { CompletedSample, ExperimentRecord, RoundRecord } from '../model/journal-record.ts'
import type { Bottleneck } from '../model/report.ts'
import type { Thresholds } from './thresholds.ts'

/** Memory at which a function of the local stand-in host has all of its `vcpus`, in MB. */
const fullCpuMemoryMb = 3008

/** CPU quota in cores, only where it is known: local functions with a quota in proportion to memory. */
export function cpuQuota({ provider, environment }: ExperimentRecord, memoryMb: number | undefined): number | undefined {
  const vcpus = environment?.['vcpus']
  const limited = provider.name === 'local' && (provider.tier ?? 'privileged') === 'privileged'
  return limited && typeof vcpus === 'number' && memoryMb !== undefined ? (vcpus * memoryMb) / fullCpuMemoryMb : undefined
}

/** CPU seconds that a function used for one byte. */
export function cpuSecondsPerByte({ cpuMs, bytes }: CompletedSample): number | undefined {
  return cpuMs === undefined || bytes === undefined || bytes === 0 ? undefined : (cpuMs.user + cpuMs.system) / 1000 / bytes
}

/** The rate at which the quota would be used up, in bits per second. */
export function cpuCeiling(sample: CompletedSample, quota: number | undefined): number | undefined {
  const seconds = cpuSecondsPerByte(sample)
  return quota === undefined || seconds === undefined || seconds === 0 ? undefined : (quota / seconds) * 8
}

/** What a function's CPU says: bound by it, not bound, or nothing recorded. */
function cpuBound(sample: CompletedSample, rate: number, quota: number | undefined, thresholds: Thresholds): boolean | undefined {
  const ceiling = cpuCeiling(sample, quota)
  if (sample.throttled !== undefined && sample.throttled >= thresholds.cpuThrottled) return true
  if (ceiling !== undefined) return rate >= thresholds.cpuCeilingUse * ceiling
  return sample.throttled === undefined ? undefined : false
}

/** What held a round back. */
export interface RoundLoad {
  readonly round: RoundRecord
  readonly samples: readonly CompletedSample[]
  /** Bits per second, in the order of the samples. */
  readonly rates: readonly number[]
  /** In cores. */
  readonly quota: number | undefined
}

/**
 * What held a round back: `cpu` when more than half of its functions were bound by theirs, else `target`, else `host`.
 * `network` is said only when both the functions' CPU and the target were watched and had room; otherwise `unknown`.
 */
export function roundBottleneck({ round, samples, rates, quota }: RoundLoad, thresholds: Thresholds): Bottleneck {
  const cpu = samples.map((sample, index) => cpuBound(sample, rates[index] ?? 0, quota, thresholds))
  if (cpu.filter((bound) => bound === true).length > samples.length / 2) return 'cpu'
  const loads = (round.targets ?? []).flatMap(({ busiestThread, cpuBusy, nicUse }) => [busiestThread, cpuBusy, nicUse])
  const known = loads.filter((load) => load !== undefined)
  if (known.some((load) => load >= thresholds.targetBusy)) return 'target'
  if (round.hostIdle !== undefined && round.hostIdle <= thresholds.hostIdle) return 'host'
  return known.length > 0 && cpu.some((bound) => bound !== undefined) ? 'network' : 'unknown'
}

/** What more than half of a cell's rounds name. */
export function cellBottleneck(rounds: readonly Bottleneck[]): Bottleneck {
  const names: readonly Bottleneck[] = ['cpu', 'target', 'host', 'network']
  return names.find((name) => rounds.filter((round) => round === name).length > rounds.length / 2) ?? 'unknown'
}
