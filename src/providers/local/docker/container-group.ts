import { readFileSync } from 'node:fs'
import { type CgroupPlace, cgroupsOf } from '../cgroup-place.ts'

/**
 * The group of a container, as seen from here.
 * @param pid - of its first process, as the daemon says; another machine's numbers may stand for something else here
 * @returns undefined where it cannot be seen, or has ended
 */
export function groupOfContainer(id: string, pid: number): CgroupPlace | undefined {
  return pid > 0 && read(`/proc/${pid}/cgroup`).includes(id) ? cgroupsOf(pid) : undefined
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
