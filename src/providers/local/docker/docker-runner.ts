import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import pLimit from 'p-limit'
import { MeasurementError } from '../../../model/errors.ts'
import type { DeployRequest } from '../../provider.ts'
import { type AgentChild, spawnInside } from '../agent-child.ts'
import { HOST, runBatch } from '../host-command.ts'
import { recordRun } from '../leftovers.ts'
import type { Settings } from '../options.ts'
import type { Runner } from '../runner.ts'
import { limitsOf, nodeFlags } from '../sandbox-limits.ts'
import { settleAll } from '../settle-all.ts'
import { runAborted } from '../target-process.ts'
import { type SandboxPlace, serverNamespace } from '../topology.ts'
import { boundFolders } from './bound-folders.ts'
import { Container } from './container.ts'
import { connect, type Daemon, daemonSocket } from './daemon.ts'
import { makeEmptyImage } from './empty-image.ts'

/** More at the same time would only wait for the daemon. */
const STARTS_AT_ONCE = 4

/** Agents in Docker containers, one a function, whose network namespaces become those of the lab; the target is a plain process. */
export class DockerRunner implements Runner {
  readonly #run: string
  readonly #settings: Settings
  readonly #limit = pLimit(STARTS_AT_ONCE)
  readonly #containers = new Map<string, Container>()
  #daemon: Daemon | undefined

  constructor(run: string, settings: Settings) {
    this.#run = run
    this.#settings = settings
  }

  /** @throws MeasurementError `PACKAGE_MISSING`, `DOCKER_REMOTE`, `DOCKER_UNREACHABLE`, `DOCKER_FAILED` */
  async open(): Promise<void> {
    const socket = daemonSocket()
    this.#daemon = await connect(socket)
    recordRun(this.#run, { dockerSocket: socket })
    await makeEmptyImage(this.#daemon, this.#run)
  }

  startTarget(command: readonly string[]): AgentChild {
    return spawnInside({ run: this.#run, ground: HOST, namespace: serverNamespace(this.#run), groups: [] }, command)
  }

  async makeNamespaces(places: readonly SandboxPlace[], request: DeployRequest): Promise<void> {
    const daemon = this.#daemon
    if (daemon === undefined) throw new Error('open() comes first')
    await this.remove(places) // what a deployment that failed has left
    const { bundle, modules } = request.agent
    const folders = boundFolders([bundle, ...modules.map((module) => fileURLToPath(module))])
    const limits = limitsOf(request.memoryMb, this.#settings.vcpus, { cores: availableParallelism() })
    const start = async ({ namespace }: SandboxPlace): Promise<void> => {
      if (request.signal?.aborted) throw runAborted(request.signal.reason)
      this.#containers.set(namespace, await Container.start(daemon, { run: this.#run, limits, folders }))
    }
    try {
      await settleAll(places.map((place) => this.#limit(start, place)))
      await runBatch(
        'ip',
        places.map(({ namespace }) => `netns attach ${namespace} ${this.#container(namespace).pid}`),
      )
    } catch (error) {
      await this.remove(places).catch(() => {}) // the first error tells
      throw error
    }
  }

  agentPlace({ host, index, namespace }: SandboxPlace, { memoryMb, agent }: DeployRequest): ReturnType<Runner['agentPlace']> {
    const { bundle, ...config } = agent
    const container = this.#container(namespace)
    const command = [process.execPath, ...nodeFlags(memoryMb), bundle]
    const environment = { NETFAIR_AGENT: JSON.stringify(config) }
    return {
      label: `host-${host}/${index}`,
      start: () => container.run(command, environment),
      oomKills: () => container.oomKills(),
    }
  }

  async remove(places: readonly SandboxPlace[]): Promise<void> {
    const gone = places.map(async ({ namespace }) => {
      await this.#containers.get(namespace)?.remove()
      this.#containers.delete(namespace)
    })
    await settleAll(gone)
  }

  #container(namespace: string): Container {
    const container = this.#containers.get(namespace)
    if (container !== undefined) return container
    throw new MeasurementError('DOCKER_FAILED', `The container of ${namespace} is gone.`, { hint: 'Run again.' })
  }
}
