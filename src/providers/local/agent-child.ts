import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { type Ground, programPath } from './host-command.ts'

/** A program that a lab has started: an agent or the target. */
export interface AgentChild {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** How it ended, for a message: `ended with exit code 1`. */
  readonly ended: Promise<string>
  /** Ends it at once, and what it has started. */
  kill(): void
}

/** Tells the processes of a run, also when the run is gone: its name, in their environment. */
export const RUN_VARIABLE = 'NETFAIR_RUN'

/**
 * Joins the groups first, so that the limits hold from the start, then enters the namespace. TCP must not remember there how earlier
 * connections fared, or rounds would depend on each other. No process more than the program remains.
 */
const JOIN =
  'unset PWD; namespace=$1; shift; while [ "$1" != -- ]; do echo 0 > "$1" || exit 125; shift; done; shift; exec nsenter --net="$namespace" sh -c "$ENTER" sh "$@"'
const ENTER = 'unset ENTER PWD; echo 1 > /proc/sys/net/ipv4/tcp_no_metrics_save || exit 125; exec "$@"'

/** How long the output of a program that has ended is read on: another one, which it has started, may hold it open for ever. */
const LAST_WORDS_MS = 1000

export interface Surroundings {
  readonly run: string
  readonly ground: Ground
  readonly namespace: string
  /** Directories of its cgroup; none without one. */
  readonly groups: readonly string[]
}

/** Starts a program inside a namespace and cgroups. It ends when its standard input closes, so it never outlives this process for long. */
export function spawnInside(
  { run, ground, namespace, groups }: Surroundings,
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): AgentChild {
  const files = groups.map((group) => `${group}/cgroup.procs`)
  const joined = [...ground.enter, 'sh', '-c', JOIN, 'sh', `/run/netns/${namespace}`, ...files, '--', ...command]
  return spawnTagged(run, joined, { ENTER, ...environment })
}

/** Starts a program of a run as a process of its own group. */
export function spawnTagged(run: string, command: readonly string[], environment: Readonly<Record<string, string>> = {}): AgentChild {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd: '/',
    env: { PATH: programPath(), [RUN_VARIABLE]: run, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true, // Ctrl-C at the terminal is for the run, which ends its agents itself
  })
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended: endOf(child), kill: () => killGroup(child) }
}

/** Once its leader has ended, the number of a group may be another's. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL') // a system without groups
  }
}

function endOf(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<string> {
  child.stdin.on('error', () => {}) // its end tells
  const hangUp = (): void => {
    for (const output of [child.stdout, child.stderr]) output.destroy()
  }
  child.on('exit', () => setTimeout(hangUp, LAST_WORDS_MS).unref())
  const { promise, resolve } = Promise.withResolvers<string>()
  child.on('error', (error) => resolve(`could not be started: ${error.message}`))
  child.on('close', (code, signal) => resolve(signal === null ? `ended with exit code ${code}` : `was ended by signal ${signal}`))
  return promise
}
