import { mkdirSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { InputError } from '../../model/errors.ts'
import type { Deployment, DeployRequest, RunningTarget, TargetLaunch } from '../provider.ts'
import { MAX_SANDBOXES } from './addresses.ts'
import { makeGroup, makeRunGroup } from './cgroup.ts'
import type { CgroupPlace } from './cgroup-place.ts'
import { LocalDeployment } from './deployment.ts'
import { directoryOf, recordGroups, removeGroups, removeRun } from './leftovers.ts'
import { Network } from './network.ts'
import type { Settings } from './options.ts'
import { newRunName } from './run-name.ts'
import { Sandbox } from './sandbox.ts'
import { checkDeployment, limitsOf, nodeFlags } from './sandbox-limits.ts'
import { runAborted, type StartedTarget, startTargetProcess } from './target-process.ts'
import type { SandboxPlace } from './topology.ts'

/** Agents that start at the same time. More would only share the cores, and some would be late. */
const STARTS_AT_ONCE = 32

/** Everything that one run owns on this machine: hosts, server and target, then deployments; gone without a trace when disposed. */
export class Lab {
  readonly run: string = newRunName()
  readonly #settings: Settings
  readonly #place: CgroupPlace
  readonly #network: Network
  readonly #ending = new AbortController()
  readonly #deployments = new Set<Deployment>()
  readonly #underWay = new Set<Promise<unknown>>()
  #gone: Promise<void> | undefined

  constructor(settings: Settings, place: CgroupPlace) {
    this.#settings = settings
    this.#place = place
    this.#network = new Network(this.run, settings)
  }

  /** Builds hosts and server and starts the target; whatever fails, nothing is left behind. */
  async start(launch: TargetLaunch): Promise<RunningTarget> {
    try {
      const started = await this.#build(launch)
      return { ...started, [Symbol.asyncDispose]: () => this.dispose() }
    } catch (error) {
      await this.dispose()
      throw error
    }
  }

  /** @throws InputError `INVALID_MEMORY`, `INVALID_CONCURRENCY`; MeasurementError `RUN_ABORTED`, `AGENT_DIED`, `LIMIT_REFUSED`, `HOST_COMMAND_FAILED` */
  async deploy(request: DeployRequest): Promise<Deployment> {
    const counts = this.#countsOf(request)
    const work = this.#deploy(request, counts)
    this.#underWay.add(work)
    try {
      return await work
    } finally {
      this.#underWay.delete(work)
    }
  }

  /** Ends everything. Idempotent. @throws MeasurementError `CLEANUP_INCOMPLETE` */
  dispose(): Promise<void> {
    this.#gone ??= this.#dispose()
    return this.#gone
  }

  async #build(launch: TargetLaunch): Promise<StartedTarget> {
    mkdirSync(directoryOf(this.run), { mode: 0o700 })
    recordGroups(this.run, [join(this.#place.cpu, this.run), join(this.#place.memory, this.run)])
    makeRunGroup(this.#place, this.run)
    await this.#network.build()
    if (launch.signal?.aborted) throw runAborted(launch.signal.reason)
    return startTargetProcess(this.run, makeGroup(this.#place, this.run, 'target').directories, launch)
  }

  /** Sandboxes wanted on each host, checked. */
  #countsOf({ memoryMb, concurrency }: DeployRequest): number[] {
    const { hosts, placement } = this.#settings
    checkDeployment(memoryMb, concurrency, this.#settings, { cores: availableParallelism(), memoryBytes: totalmem() })
    const counts = Array.from({ length: hosts }, (_, host) =>
      placement === 'blocked' ? concurrency : Math.ceil((concurrency - host) / hosts),
    )
    const full = counts.findIndex((count, host) => this.#network.occupied(host) + count > MAX_SANDBOXES)
    if (full === -1) return counts.map((count) => Math.max(0, count))
    throw new InputError(
      'INVALID_CONCURRENCY',
      `host-${full} has ${this.#network.occupied(full)} sandboxes of ${MAX_SANDBOXES} at most; ${counts[full]} more do not fit.`,
      {
        hint: 'Dispose of another deployment first, or lower the concurrency.',
      },
    )
  }

  async #deploy(request: DeployRequest, counts: readonly number[]): Promise<Deployment> {
    const ending = AbortSignal.any(request.signal === undefined ? [this.#ending.signal] : [this.#ending.signal, request.signal])
    if (ending.aborted) throw runAborted(ending.reason)
    const places = await this.#network.add(counts)
    const sandboxes: Sandbox[] = []
    try {
      for (const place of places) sandboxes.push(this.#sandbox(place, request))
      await warmAll(sandboxes, ending)
    } catch (error) {
      await this.#remove(places, sandboxes)
      throw ending.aborted ? runAborted(ending.reason) : error
    }
    const deployment = new LocalDeployment({
      memoryMb: request.memoryMb,
      placement: this.#settings.placement,
      sandboxes: counts.map((_, host) => sandboxes.filter(({ place }) => place.host === host)),
      remove: async () => {
        this.#deployments.delete(deployment)
        await this.#remove(places, sandboxes)
      },
    })
    this.#deployments.add(deployment)
    return deployment
  }

  #sandbox(place: SandboxPlace, { memoryMb, agent }: DeployRequest): Sandbox {
    const { secret, allowedTargets, modules } = agent
    const limits = limitsOf(memoryMb, this.#settings.vcpus, { cores: availableParallelism() })
    const { directories, oomKills } = makeGroup(this.#place, this.run, `h${place.host}-s${place.index}`, limits)
    return new Sandbox(place, {
      label: `host-${place.host}/${place.index}`,
      namespace: place.namespace,
      groups: directories,
      arguments: [...nodeFlags(memoryMb), agent.bundle],
      config: { secret, allowedTargets, modules },
      oomKills,
    })
  }

  async #remove(places: readonly SandboxPlace[], sandboxes: readonly Sandbox[]): Promise<void> {
    await removeGroups(
      this.run,
      sandboxes.flatMap(({ groups }) => groups),
    )
    await this.#network.remove(places)
  }

  async #dispose(): Promise<void> {
    this.#ending.abort()
    await Promise.allSettled(this.#underWay)
    await Promise.allSettled([...this.#deployments].map((deployment) => deployment[Symbol.asyncDispose]()))
    await removeRun(this.run)
  }
}

/** Starts all agents; after the first failure no more are started, and those that have been are ended. */
async function warmAll(sandboxes: readonly Sandbox[], signal: AbortSignal): Promise<void> {
  const limit = pLimit(STARTS_AT_ONCE)
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  let failure: unknown
  const warm = async (sandbox: Sandbox): Promise<void> => {
    try {
      either.throwIfAborted()
      await sandbox.warm(either)
    } catch (error) {
      failure ??= error
      failed.abort()
    }
  }
  await Promise.all(sandboxes.map((sandbox) => limit(warm, sandbox)))
  if (failure === undefined) return
  await Promise.all(sandboxes.map((sandbox) => sandbox.kill()))
  throw failure
}
