import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type Dockerode from 'dockerode'
import { MeasurementError } from '../../../model/errors.ts'
import type { AgentChild } from '../agent-child.ts'
import { adoptGroup, type Cgroup, processesIn } from '../cgroup.ts'
import { keepTail } from '../line-reader.ts'
import { groupOfContainer } from './container-group.ts'
import { type ContainerRequest, containerOptions } from './container-options.ts'
import { answer, type Daemon, statusOf } from './daemon.ts'
import { execChild } from './exec-child.ts'

/** How long a container that has ended is listened to. */
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
      const group = groupOfContainer(handle.id, pid)
      if (group === undefined && (await firstProcess(daemon, handle)) === 0) throw endedAtOnce(await said())
      return new Container(daemon, handle, pid, adoptGroup(group ?? notHere(pid), request.limits))
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
  const ended = once(stream, 'end')
  ended.catch(() => {})
  return async () => {
    await Promise.race([ended, sleep(LAST_WORDS_MS)])
    return said()
  }
}

/** Its number on the daemon's machine; 0 when it has ended already. */
async function firstProcess(daemon: Daemon, handle: Dockerode.Container): Promise<number> {
  try {
    const { State } = await answer(daemon, 'inspect a container', handle.inspect())
    return State.Running ? State.Pid : 0
  } catch (error) {
    if (statusOf(error) === 404) return 0
    throw error
  }
}

function notHere(pid: number): never {
  throw new MeasurementError(
    'DOCKER_REMOTE',
    `The Docker daemon says that a container's first process is number ${pid}; it is none that can be seen here.`,
    {
      hint: 'Use a Docker daemon on this machine, not in a virtual machine (Docker Desktop); from inside a container, one with --pid=host.',
    },
  )
}

function endedAtOnce(said: string): MeasurementError {
  return new MeasurementError('DOCKER_FAILED', `A container ended as soon as it was started.${said ? ` It said: ${said}` : ''}`, {
    hint: 'Its first program is `cat`, from the folders of this machine that are bound into it; see whether it can run there.',
  })
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {} // ended meanwhile
}
