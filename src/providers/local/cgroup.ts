import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MeasurementError } from '../../model/errors.ts'
import type { CgroupPlace } from './cgroup-place.ts'

/** What a sandbox may use. */
export interface Limits {
  readonly memoryBytes: number
  /** CPU time per period; absent = no limit. */
  readonly cpuQuotaUs?: number
}

/** Scheduler period of every quota. */
export const CPU_PERIOD_US = 100_000

interface Setting {
  readonly controller: 'cpu' | 'memory'
  readonly file: string
  readonly value: string
  /** Not every kernel has it; where it is missing there is nothing to limit. */
  readonly optional?: true
}

/** The files that hold the limits, in the order in which they can be written. */
export function limitSettings(version: CgroupPlace['version'], { memoryBytes, cpuQuotaUs }: Limits): Setting[] {
  const memory = String(memoryBytes)
  if (version === 'v2') {
    return [
      { controller: 'cpu', file: 'cpu.max', value: `${cpuQuotaUs ?? 'max'} ${CPU_PERIOD_US}` },
      { controller: 'memory', file: 'memory.max', value: memory },
      { controller: 'memory', file: 'memory.swap.max', value: '0', optional: true },
    ]
  }
  return [
    { controller: 'cpu', file: 'cpu.cfs_period_us', value: String(CPU_PERIOD_US) },
    { controller: 'cpu', file: 'cpu.cfs_quota_us', value: String(cpuQuotaUs ?? -1) },
    { controller: 'memory', file: 'memory.limit_in_bytes', value: memory },
    { controller: 'memory', file: 'memory.memsw.limit_in_bytes', value: memory, optional: true },
  ]
}

/** One sandbox's group: a directory, or one a controller. */
export interface Cgroup {
  readonly directories: readonly string[]
  /** How often the kernel killed in it for want of memory. */
  oomKills(): number
}

/**
 * Makes a run's parent group, without limits of its own: a limit there would bind all sandboxes together.
 * @returns its directories
 */
export function makeRunGroup(place: CgroupPlace, run: string): string[] {
  const directories = directoriesOf(place, run)
  if (place.version === 'v2') delegate(place.cpu)
  for (const directory of directories) mkdirSync(directory)
  if (place.version === 'v2') for (const directory of directories) delegate(directory)
  return directories
}

/**
 * Makes a group below the run's, and reads every limit back: the kernel has been seen to refuse one and go on without.
 * @throws MeasurementError `LIMIT_REFUSED`
 */
export function makeGroup(place: CgroupPlace, run: string, name: string, limits?: Limits): Cgroup {
  const directories = directoriesOf(place, join(run, name))
  for (const directory of directories) mkdirSync(directory)
  const path = { cpu: join(place.cpu, run, name), memory: join(place.memory, run, name) }
  for (const setting of limits === undefined ? [] : limitSettings(place.version, limits))
    apply(join(path[setting.controller], setting.file), setting)
  return { directories, oomKills: oomCounter(place.version, path.memory) }
}

/**
 * A group that somebody else has made, whose limits are read back, too.
 * @param place - its own directories
 * @throws MeasurementError `LIMIT_REFUSED`
 */
export function adoptGroup(place: CgroupPlace, limits: Limits): Cgroup {
  for (const { controller, file, value, optional } of limitSettings(place.version, limits)) {
    const path = join(place[controller], file)
    if (optional && !existsSync(path)) continue
    const held = read(path).trim()
    if (held !== value) throw refused(path, held, value)
  }
  return { directories: directoriesOf(place, ''), oomKills: oomCounter(place.version, place.memory) }
}

/** Removes a group once it is empty; false while something in it still lives. */
export function removeGroup(directory: string): boolean {
  try {
    rmdirSync(directory)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') return false
  }
  return true
}

/** Processes directly in a group. */
export function processesIn(directory: string): number[] {
  return read(join(directory, 'cgroup.procs')).split('\n').filter(Boolean).map(Number)
}

function directoriesOf(place: CgroupPlace, name: string): string[] {
  return [...new Set([join(place.cpu, name), join(place.memory, name)])]
}

function apply(path: string, { value, optional }: Setting): void {
  if (optional && !existsSync(path)) return
  let refusal = ''
  try {
    writeFileSync(path, value)
  } catch (error) {
    refusal = `: ${(error as Error).message}`
  }
  const held = read(path).trim()
  if (held !== value) throw refused(path, held, value, refusal)
}

function refused(path: string, held: string, value: string, refusal = ''): MeasurementError {
  return new MeasurementError('LIMIT_REFUSED', `${path} holds "${held}" after "${value}" was written${refusal}.`, {
    hint: 'Check that the groups above it leave room for this limit.',
  })
}

/** Reads how often the kernel has killed for want of memory. */
function oomCounter(version: CgroupPlace['version'], directory: string): () => number {
  const events = join(directory, version === 'v1' ? 'memory.oom_control' : 'memory.events')
  return () => Number(/^oom_kill (\d+)/m.exec(read(events))?.[1] ?? 0)
}

/** Lets a v2 group hand the two controllers to its children. */
function delegate(directory: string): void {
  const path = join(directory, 'cgroup.subtree_control')
  const enabled = read(path).trim().split(' ')
  if (!enabled.includes('cpu') || !enabled.includes('memory')) writeFileSync(path, '+cpu +memory')
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
