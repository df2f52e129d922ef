import { readFileSync } from 'node:fs'

/** When a process started, in clock ticks since boot; undefined when it is gone, also when only its exit code is waited for. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' || state === 'X' ? undefined : rest[18]
  } catch {
    return undefined
  }
}

/** Whether the process with this number still lives, told by its start time from a later one; `0` where there is no /proc. */
export function isProcessAlive(pid: number, startTime: string): boolean {
  return startTime === '0' || startTimeOf(process.pid) === undefined ? exists(pid) : startTimeOf(pid) === startTime
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' // somebody else's
  }
}
