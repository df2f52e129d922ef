import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import type Dockerode from 'dockerode'
import { MeasurementError } from '../../../model/errors.ts'
import type { AgentChild } from '../agent-child.ts'
import { adoptGroup, type Cgroup, processesIn } from '../cgroup.ts'
import { cgroupsOf } from '../cgroup-place.ts'
import { keepTail } from '../line-reader.ts'
import { type ContainerRequest, containerOptions } from './container-options.ts'
import { answer, type Daemon, statusOf } from './daemon.ts'
import { execChild } from './exec-child.ts'

/** For what a container says before it ends. */
const LAST_WORDS_MS = 1000

/** One function's container, running until it is removed or this process ends. */
export class Container {
  /** Of its first process, on this machine. */
  readonly pid: number
  readonly #daemon: Daemon
  readonly #handle: Dockerode.Container
  readonly #group: Cgroup

  private constructor(daemon: Daemon, handle: Dockerode.Container, pid: number, group: Cgroup) {
    this.pid = pid
    this.#daemon = daemon
    this.#handle = handle
    this.#group = group
  }

  /**
   * Makes and starts a container, and reads its limits back.
   * @throws MeasurementError `DOCKER_UNREACHABLE`, `DOCKER_FAILED`, `DOCKER_REMOTE`, `LIMIT_REFUSED`
   */
  static async start(daemon: Daemon, request: ContainerRequest): Promise<Container> {
    const handle = await answer(daemon, 'create a container', daemon.client.createContainer(containerOptions(request)))
    try {
      const said = await attach(daemon, handle)
      await answer(daemon, 'start a container', handle.start())
      const pid = await firstProcess(daemon, handle)
      if (pid === undefined) throw endedAtOnce(await said())
      return new Container(daemon, handle, pid, groupOf(handle.id, pid, request))
    } catch (error) {
      await removeContainer(daemon, handle).catch(() => {}) // the first error tells
      throw error
    }
  }

  /** How often it ran out of memory. */
  oomKills(): number {
    return this.#group.oomKills()
  }

  /** Starts a program in it. */
  run(command: readonly string[], environment: Readonly<Record<string, string>>): AgentChild {
    const Env = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
    const options = { Cmd: [...command], Env, AttachStdin: true, AttachStdout: true, AttachStderr: true }
    return execChild(this.#daemon, () => this.#handle.exec(options), { kill: () => this.#killPrograms() })
  }

  /** Removes it with everything in it; what is gone already is fine. */
  remove(): Promise<void> {
    return removeContainer(this.#daemon, this.#handle)
  }

  /** Kills all but its first process. */
  #killPrograms(): void {
    const pids = new Set(this.#group.directories.flatMap(processesIn))
    for (const pid of pids) if (pid !== this.pid) kill(pid)
  }
}

/** @throws MeasurementError `DOCKER_FAILED` */
export async function removeContainer(daemon: Daemon, handle: Dockerode.Container): Promise<void> {
  const removed = handle.remove({ force: true, v: true }).catch((error: unknown) => {
    // Gone, or going: it removes itself when it ends.
    if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error
  })
  await answer(daemon, `remove the container ${handle.id}`, removed)
}

/** Opens the connection that it lives by. @returns what its first program says until it ends, or has no more time to */
async function attach(daemon: Daemon, handle: Dockerode.Container): Promise<() => Promise<string>> {
  const options = { stream: true, stdin: true, stdout: true, stderr: true, hijack: true }
  const stream = await answer(daemon, 'attach to a container', handle.attach(options))
  stream.on('error', () => {}) // the ends of its agents tell
  const output = new PassThrough()
  daemon.client.modem.demuxStream(stream, output, output)
  const said = keepTail(output)
  return async () => {
    await once(stream, 'close', { signal: AbortSignal.timeout(LAST_WORDS_MS) }).catch(() => {})
    return said()
  }
}

/** Its number; undefined when it has ended already. */
async function firstProcess(daemon: Daemon, handle: Dockerode.Container): Promise<number | undefined> {
  try {
    const { State } = await answer(daemon, 'inspect a container', handle.inspect())
    return State.Running ? State.Pid : undefined
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}

function endedAtOnce(said: string): MeasurementError {
  return new MeasurementError('DOCKER_FAILED', `A container ended as soon as it was started.${said ? ` It said: ${said}` : ''}`, {
    hint: 'Its first program is `cat`, from the folders of this machine that are bound into it; see whether it can run there.',
  })
}

/** The container's group, as seen from here. */
function groupOf(id: string, pid: number, { limits }: ContainerRequest): Cgroup {
  const place = isInContainer(id, pid) ? cgroupsOf(pid) : undefined
  if (place !== undefined) return adoptGroup(place, limits)
  throw new MeasurementError(
    'DOCKER_REMOTE',
    `The Docker daemon says that a container's first process is number ${pid}; it is none of this machine's.`,
    { hint: 'Use a Docker daemon on this machine, not in a virtual machine (Docker Desktop) or elsewhere.' },
  )
}

/** The numbers of another machine's processes may exist here, too. */
function isInContainer(id: string, pid: number): boolean {
  try {
    return pid > 0 && readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(id)
  } catch {
    return false
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {} // ended meanwhile
}
