import { readFileSync } from 'node:fs'
import { readCpuPeriods, throttledShare } from './cpu-quota.ts'

/** What this process used between two instants; keys as in a sample. */
export interface ResourceUse {
  /** Milliseconds of CPU, with those of programs that it ran to their end. */
  readonly cpuMs: { readonly user: number; readonly system: number }
  /** 0–1; absent where no quota is known. */
  readonly throttled?: number
  /** Resident set at the end, in MiB; absent where the system does not tell. */
  readonly memoryUsedMb?: number
}

/** Begins to watch; the function it returns gives the use since then. */
export function watchResources(): () => ResourceUse {
  const periods = readCpuPeriods()
  const children = childrenCpuMs()
  const start = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(start)
    const childrenNow = childrenCpuMs()
    const throttled = throttledShare(periods, readCpuPeriods())
    const memoryUsedMb = residentMb()
    return {
      cpuMs: { user: user / 1000 + childrenNow.user - children.user, system: system / 1000 + childrenNow.system - children.system },
      ...(throttled !== undefined && { throttled }),
      ...(memoryUsedMb !== undefined && { memoryUsedMb }),
    }
  }
}

function residentMb(): number | undefined {
  try {
    return process.memoryUsage.rss() / 2 ** 20
  } catch {
    return undefined // for want of /proc
  }
}

/** Linux shows clock ticks of 10 ms to programs, whatever the kernel's own are. */
const TICK_MS = 10

/** CPU of ended child processes: fields 16 and 17 of `/proc/self/stat`; 0 where there is no such file, and so no child either. */
function childrenCpuMs(): { readonly user: number; readonly system: number } {
  try {
    const text = readFileSync('/proc/self/stat', 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { user: Number(fields[13]) * TICK_MS, system: Number(fields[14]) * TICK_MS }
  } catch {
    return { user: 0, system: 0 }
  }
}
