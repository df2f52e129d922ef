import type { TargetLoad } from '../model/journal-record.ts'
import type { Health } from '../model/target.ts'

/** CPU seconds of this machine since its start, all cores together. */
export interface HostCpu {
  readonly idleSeconds: number
  readonly totalSeconds: number
}

/** One reading of everything that could be a bottleneck beside the network. */
export interface LoadReading {
  /** One a target; undefined where it did not answer. */
  readonly targets: readonly (Health | undefined)[]
  readonly hostCpu: HostCpu | undefined
  /** On the common clock. */
  readonly atMs: number
}

/** Load of the targets and of the host between two instants, from the readings that lie nearest inside, or else around. */
export function loadOver(readings: readonly LoadReading[], fromMs: number, toMs: number): { targets: TargetLoad[]; hostIdle?: number } {
  const [first, last] = enclosed(readings, fromMs, toMs)
  if (first === undefined || last === undefined) return { targets: [] }
  const idle = idleShare(first.hostCpu, last.hostCpu)
  const targets = last.targets.map((health, index) => targetLoad(first.targets[index], health))
  return { targets, ...(idle !== undefined && { hostIdle: idle }) }
}

function enclosed(readings: readonly LoadReading[], fromMs: number, toMs: number): [LoadReading | undefined, LoadReading | undefined] {
  const inside = readings.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
  if (inside.length >= 2) return [inside[0], inside.at(-1)]
  const before = readings.filter(({ atMs }) => atMs < fromMs).at(-1)
  const after = readings.find(({ atMs }) => atMs > toMs)
  return [before ?? inside[0], after ?? inside.at(-1)]
}

function idleShare(first: HostCpu | undefined, last: HostCpu | undefined): number | undefined {
  if (first === undefined || last === undefined || last.totalSeconds <= first.totalSeconds) return undefined
  return fraction((last.idleSeconds - first.idleSeconds) / (last.totalSeconds - first.totalSeconds))
}

function targetLoad(first: Health | undefined, last: Health | undefined): TargetLoad {
  if (first === undefined || last === undefined || last.epochMs <= first.epochMs) return {}
  const seconds = (last.epochMs - first.epochMs) / 1000
  const before = new Map(first.processes.map(({ pid, cpuSeconds }) => [pid, cpuSeconds]))
  const busy = last.processes.map(({ pid, cpuSeconds }) => (cpuSeconds - (before.get(pid) ?? 0)) / seconds)
  const sent = last.nic.sentBytes - first.nic.sentBytes
  const received = last.nic.receivedBytes - first.nic.receivedBytes
  const speed = last.nic.speedBitsPerSecond
  return {
    cpuBusy: fraction(busy.reduce((sum, share) => sum + share, 0) / last.cores),
    busiestThread: fraction(Math.max(0, ...busy)),
    ...(speed !== undefined && { nicUse: fraction((Math.max(sent, received) * 8) / seconds / speed) }),
  }
}

const fraction = (value: number): number => Math.min(1, Math.max(0, value))
