import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MeasurementError } from '../../model/errors.ts'
import { processesIn, removeGroup } from './cgroup.ts'
import { cgroupPlaces } from './cgroup-place.ts'
import { removeContainersOf } from './docker/docker-leftovers.ts'
import { runBatch } from './host-command.ts'
import { directoryOf } from './run-directory.ts'
import { isOwnerAlive, runNameOf } from './run-name.ts'
import { processes, taggedProcesses } from './tagged-processes.ts'

/** Killed processes and their groups go within this time, or something holds them. */
const REMOVAL_TIMEOUT_MS = 10_000
const NAMESPACES = '/run/netns'
const RECORD = 'run.json'

/** Everything that still exists of one run. */
interface Leftovers {
  readonly namespaces: readonly string[]
  /** Innermost first. */
  readonly groups: readonly string[]
  readonly dockerSocket: string | undefined
  readonly directory: string | undefined
}

/** What is known of a run besides what carries its name. */
interface RunRecord {
  /** Where its cgroups are, for whoever cleans up from another group than the run's. */
  readonly groups?: readonly string[]
  /** The Docker daemon that has its containers. */
  readonly dockerSocket?: string
}

/** Notes it for whoever cleans up. */
export function recordRun(run: string, record: RunRecord): void {
  writeFileSync(join(directoryOf(run), RECORD), JSON.stringify(record))
}

/**
 * Removes everything that exists of a run: its processes are killed, then groups, namespaces and files go. Works on half-built
 * runs too, and on runs of which nothing is left.
 *
 * @returns what was removed
 * @throws MeasurementError `CLEANUP_INCOMPLETE` that names what could not be removed
 */
export async function removeRun(run: string): Promise<string[]> {
  const { namespaces, groups, dockerSocket, directory } = find(run)
  const containers = await settled(dockerSocket === undefined ? [] : removeContainersOf(run, dockerSocket))
  const alive = (): number[] => [...processesInNamespaces(namespaces), ...(taggedProcesses().get(run) ?? [])]
  const killed = await removeGroups(run, groups, alive)
  const lines = namespaces.map((name) => `netns del ${name}`)
  await runBatch('ip', lines, { force: true }).catch(() => {}) // looked at below
  const held = namespaces.filter((name) => existsSync(join(NAMESPACES, name)))
  if (held.length > 0) throw incomplete(run, held)
  if (containers.status === 'rejected') throw containers.reason // its directory stays, and says where they are
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
  return [
    ...containers.value,
    ...killed.map((pid) => `process ${pid}`),
    ...groups.map((group) => `cgroup ${group}`),
    ...namespaces.map((name) => `namespace ${name}`),
    ...(directory === undefined ? [] : [`directory ${directory}`]),
  ]
}

/**
 * Kills whatever runs in groups until they are empty, and removes the groups.
 *
 * @param groups - innermost first
 * @param others - processes elsewhere that must go too
 * @returns the processes that were killed
 * @throws MeasurementError `CLEANUP_INCOMPLETE`
 */
export async function removeGroups(run: string, groups: readonly string[], others: () => readonly number[] = () => []): Promise<number[]> {
  const killed = new Set<number>()
  const deadline = performance.now() + REMOVAL_TIMEOUT_MS
  let remaining = [...groups]
  for (;;) {
    const alive = [...new Set([...remaining.flatMap(processesIn), ...others()])]
    for (const pid of alive) if (kill(pid)) killed.add(pid)
    remaining = remaining.filter((group) => !removeGroup(group))
    if (remaining.length === 0 && alive.length === 0) return [...killed]
    if (performance.now() > deadline) throw incomplete(run, [...remaining, ...alive.map((pid) => `process ${pid}`)])
    await sleep(5)
  }
}

async function settled<Value>(work: Value | Promise<Value>): Promise<PromiseSettledResult<Value>> {
  const [outcome] = await Promise.allSettled([work])
  return outcome
}

/** Runs whose process is dead and that are older than so many milliseconds. */
export function deadRuns(olderThanMs = 0): string[] {
  const names = [...ownNamespaces(), ...groupRoots().flatMap(list), ...list(tmpdir()), ...taggedProcesses().keys()]
  const runs = new Set(names.map(runNameOf).filter((run) => run !== undefined))
  return [...runs].filter((run) => !isOwnerAlive(run) && ageMs(find(run)) >= olderThanMs)
}

function find(run: string): Leftovers {
  const directory = directoryOf(run)
  const mine = isOurs(directory)
  const { groups: recorded = [], dockerSocket } = mine ? recordOf(directory) : {}
  const found = groupRoots().map((root) => join(root, run))
  // Only directories that carry the run's own name, whatever a record says.
  const parents = [...new Set([...found, ...recorded])].filter((path) => basename(path) === run && existsSync(join(path, 'cgroup.procs')))
  return {
    namespaces: ownNamespaces().filter((name) => runNameOf(name) === run),
    groups: parents.flatMap((parent) => [...subgroups(parent), parent]),
    dockerSocket,
    directory: mine ? directory : undefined,
  }
}

function recordOf(directory: string): RunRecord {
  try {
    const { groups, dockerSocket } = JSON.parse(readFileSync(join(directory, RECORD), 'utf8')) as Readonly<Record<string, unknown>>
    return {
      groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [],
      ...(typeof dockerSocket === 'string' && { dockerSocket }),
    }
  } catch {
    return {}
  }
}

/** Only root makes namespaces and groups on the host itself. */
const isRoot = (): boolean => process.geteuid?.() === 0
const ownNamespaces = (): string[] => (isRoot() ? list(NAMESPACES) : [])
const groupRoots = (): string[] => (isRoot() ? [...new Set(cgroupPlaces().flatMap(({ cpu, memory }) => [cpu, memory]))] : [])

function subgroups(parent: string): string[] {
  const children = list(parent).map((name) => join(parent, name))
  return children.filter((path) => existsSync(join(path, 'cgroup.procs')))
}

/** Found by the inode of the namespace that they are in. */
function processesInNamespaces(namespaces: readonly string[]): number[] {
  const inodes = new Set(namespaces.map((name) => `net:[${inodeOf(join(NAMESPACES, name))}]`))
  if (inodes.size === 0) return []
  return processes().filter((pid) => pid !== process.pid && inodes.has(linkOf(`/proc/${pid}/ns/net`)))
}

function inodeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? 0
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // ended meanwhile
  }
}

/** The temporary directory is open to all users: only what this user made is looked at. */
function isOurs(directory: string): boolean {
  const stat = lstatSync(directory, { throwIfNoEntry: false })
  const uid = process.getuid?.() // none on Windows, where the directory is the user's own
  return stat?.isDirectory() === true && (uid === undefined || stat.uid === uid)
}

/** Since the last change. A namespace has no dates of its own. */
function ageMs({ groups, directory }: Leftovers): number {
  const paths = [...groups, ...(directory === undefined ? [] : [directory])]
  const changed = paths.map((path) => statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0)
  return Date.now() - Math.max(0, ...changed)
}

function kill(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 'SIGKILL') // 0 stands for a process of a namespace that cannot be seen from here
  } catch {
    return false
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function incomplete(run: string, left: readonly string[]): MeasurementError {
  return new MeasurementError('CLEANUP_INCOMPLETE', `Of run ${run} remain: ${left.join(', ')}.`, {
    hint: 'End what holds them, then run `netfair cleanup --provider local`.',
  })
}
