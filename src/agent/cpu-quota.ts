import { readFileSync } from 'node:fs'

/** Scheduler periods of this process's CPU cgroup so far, and in how many of them the quota ran out. */
export interface CpuPeriods {
  readonly periods: number
  readonly throttled: number
}

/**
 * Reads `cpu.stat` of the cgroup (v1 or v2) that limits this process.
 * @returns undefined where it cannot be read or counts no periods
 */
export function readCpuPeriods(): CpuPeriods | undefined {
  for (const path of statPaths(read('/proc/self/cgroup') ?? '')) {
    const periods = parseCpuStat(read(path) ?? '')
    if (periods !== undefined) return periods
  }
  return undefined
}

/**
 * Share of scheduler periods between two readings in which the quota ran out, 0–1.
 * @returns undefined where there were no periods, so that nothing is known
 */
export function throttledShare(before: CpuPeriods | undefined, after: CpuPeriods | undefined): number | undefined {
  if (before === undefined || after === undefined) return undefined
  const periods = after.periods - before.periods
  return periods > 0 ? Math.min(1, Math.max(0, (after.throttled - before.throttled) / periods)) : undefined
}

/** Where `cpu.stat` may be, by the lines of `/proc/self/cgroup`: own path first, then the mount itself (a container's own view). */
export function statPaths(cgroups: string): readonly string[] {
  const lines = cgroups.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
  const v1 = lines.find((line) => line?.[1]?.split(',').includes('cpu'))
  if (v1 != null)
    return [`/sys/fs/cgroup/${v1[1]}`, '/sys/fs/cgroup/cpu'].flatMap((mount) => [`${mount}${v1[2]}/cpu.stat`, `${mount}/cpu.stat`])
  const v2 = lines.find((line) => line?.[1] === '')
  return v2 == null ? [] : [`/sys/fs/cgroup${v2[2]}/cpu.stat`, '/sys/fs/cgroup/cpu.stat']
}

export function parseCpuStat(text: string): CpuPeriods | undefined {
  const count = (name: string) => {
    const value = new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]
    return value === undefined ? undefined : Number(value)
  }
  const periods = count('nr_periods')
  const throttled = count('nr_throttled')
  return periods === undefined || throttled === undefined ? undefined : { periods, throttled }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
