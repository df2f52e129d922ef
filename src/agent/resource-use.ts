import { readCpuPeriods, throttledShare } from './cpu-quota.ts'

/** What this process used between two instants; keys as in a sample. */
export interface ResourceUse {
  /** Milliseconds of CPU. */
  readonly cpuMs: { readonly user: number; readonly system: number }
  /** 0–1; absent where no quota is known. */
  readonly throttled?: number
  /** Resident set at the end, in MiB. */
  readonly memoryUsedMb: number
}

/** Begins to watch; the function it returns gives the use since then. */
export function watchResources(): () => ResourceUse {
  const periods = readCpuPeriods()
  const start = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(start)
    const throttled = throttledShare(periods, readCpuPeriods())
    return {
      cpuMs: { user: user / 1000, system: system / 1000 },
      ...(throttled !== undefined && { throttled }),
      memoryUsedMb: process.memoryUsage.rss() / 2 ** 20,
    }
  }
}
