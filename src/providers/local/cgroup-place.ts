import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where groups of one version can be made. */
export interface CgroupPlace {
  readonly version: 'v1' | 'v2'
  /** Directories under which a run makes its own: one for the CPU, one for memory; with v2 they are the same. */
  readonly cpu: string
  readonly memory: string
}

/** Under which name `/proc/PID/cgroup` has a controller. */
const KEYS = { v1: { cpu: 'cpu', memory: 'memory' }, v2: { cpu: '', memory: '' } } as const

/** A limit this high is none: v1 says so with the largest number of pages. */
const UNLIMITED_BYTES = 2 ** 60

/**
 * Where this process could make groups, best first. The root of the hierarchy, since groups there never hold back the removal of
 * somebody else's; but inside of the own group when its memory is limited, which sandboxes must not escape.
 */
export function cgroupPlaces(): CgroupPlace[] {
  const own = groupsOf('self')
  return mountedHierarchies().flatMap(({ version, cpu, memory }) =>
    candidates(version, { directory: cpu, own: own.get(KEYS[version].cpu) }, { directory: memory, own: own.get(KEYS[version].memory) }),
  )
}

/** The directories of the groups that a process is in; undefined where they cannot be seen from here. */
export function cgroupsOf(pid: number): CgroupPlace | undefined {
  const groups = groupsOf(pid)
  const path = (directory: string, key: string): string => join(directory, groups.get(key) ?? '')
  const places = mountedHierarchies().map(({ version, cpu, memory }) => {
    const { cpu: cpuKey, memory: memoryKey } = KEYS[version]
    return { version, cpu: path(cpu, cpuKey), memory: path(memory, memoryKey) }
  })
  const holds = (directory: string): boolean => readLines(join(directory, 'cgroup.procs')).includes(String(pid))
  return places.find(({ cpu, memory }) => holds(cpu) && holds(memory))
}

/** Where each version's hierarchies with both controllers are mounted. */
function mountedHierarchies(): CgroupPlace[] {
  const mounts = readLines('/proc/mounts').map((line) => line.split(' '))
  const v1 = (controller: string): string | undefined =>
    mounts.find(([, , type, options]) => type === 'cgroup' && options?.split(',').includes(controller))?.[1]
  const [cpu, memory] = [v1('cpu'), v1('memory')]
  const v2 = mounts.find(([, , type]) => type === 'cgroup2')?.[1]
  return [
    ...(cpu !== undefined && memory !== undefined ? [{ version: 'v1', cpu, memory } as const] : []),
    ...(v2 !== undefined && hasControllers(v2) ? [{ version: 'v2', cpu: v2, memory: v2 } as const] : []),
  ]
}

interface Hierarchy {
  readonly directory: string
  /** The own group's path in it. */
  readonly own: string | undefined
}

function candidates(version: 'v1' | 'v2', cpu: Hierarchy, memory: Hierarchy): CgroupPlace[] {
  const root = { version, cpu: cpu.directory, memory: memory.directory } as const
  const inside = { version, cpu: insideOf(cpu), memory: insideOf(memory) } as const
  if (inside.cpu === root.cpu && inside.memory === root.memory) return [root]
  return isLimited(memory, version) ? [inside, root] : [root, inside]
}

/** The own group's directory; the root where the container does not show it. */
function insideOf({ directory, own }: Hierarchy): string {
  const path = own === undefined || own === '/' ? directory : join(directory, own)
  return existsSync(path) ? path : directory
}

function isLimited(memory: Hierarchy, version: 'v1' | 'v2'): boolean {
  const file = version === 'v1' ? 'memory.limit_in_bytes' : 'memory.max'
  for (let path = insideOf(memory); path.length > memory.directory.length; path = join(path, '..')) {
    const limit = readLines(join(path, file))[0]
    if (limit !== undefined && limit !== 'max' && Number(limit) < UNLIMITED_BYTES) return true
  }
  return false
}

function hasControllers(directory: string): boolean {
  const controllers = readLines(join(directory, 'cgroup.controllers'))[0]?.split(' ') ?? []
  return controllers.includes('cpu') && controllers.includes('memory')
}

/** A process's group by controller; v2 under the empty name. */
function groupsOf(pid: number | 'self'): Map<string, string> {
  const groups = new Map<string, string>()
  for (const line of readLines(`/proc/${pid}/cgroup`)) {
    const [, controllers = '', ...path] = line.split(':')
    for (const controller of controllers.split(',')) groups.set(controller, path.join(':'))
  }
  return groups
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean)
  } catch {
    return []
  }
}
