import { randomBytes } from 'node:crypto'
import { isProcessAlive, startTimeOf } from '../process-life.ts'

/**
 * Everything global that a run makes (namespaces, cgroups, its temporary directory) carries the run's name, and the name says
 * which process owns it: `netfair-<pid>-<start time of that process>-<random>`. The start time, in clock ticks since boot, tells a
 * process from a later one with the same number; 0 where there is no /proc. So leftovers of a dead process are recognised.
 */
const PATTERN = /^netfair-(\d+)-(\d+)-[0-9a-f]{6}(?=-|$)/

/** A new name, owned by this process. */
export function newRunName(): string {
  return `netfair-${process.pid}-${startTimeOf(process.pid) ?? '0'}-${randomBytes(3).toString('hex')}`
}

/** The run to which a namespace, cgroup or directory belongs; undefined for everything that is not ours. */
export function runNameOf(name: string): string | undefined {
  return PATTERN.exec(name)?.[0]
}

/** Whether the process that owns a run still lives. */
export function isOwnerAlive(run: string): boolean {
  const [, pid, startTime] = PATTERN.exec(run) ?? []
  if (pid === undefined || startTime === undefined) return false
  return isProcessAlive(Number(pid), startTime)
}
