import { availableParallelism, totalmem } from 'node:os'
import pLimit from 'p-limit'
import { InputError } from '../../model/errors.ts'
import type { Target } from '../../model/target.ts'
import type { Deployment, DeployRequest, RunningTarget, TargetLaunch } from '../provider.ts'
import { MAX_SANDBOXES } from './addresses.ts'
import { LocalDeployment } from './deployment.ts'
import { type Ground, HOST } from './host-command.ts'
import type { LabNetwork } from './lab-network.ts'
import { removeRun } from './leftovers.ts'
import type { Settings } from './options.ts'
import { controlSocketOf, makeRunDirectory } from './run-directory.ts'
import type { Runner } from './runner.ts'
import { Sandbox } from './sandbox.ts'
import { checkDeployment } from './sandbox-limits.ts'
import { runAborted, type StartedTarget, untilListening } from './target-process.ts'
import type { SandboxPlace } from './topology.ts'

/** Agents that start at the same time. More would only share the cores, and some would be late. */
const STARTS_AT_ONCE = 32

/** What a tier and a runner are made of. */
export interface LabParts {
  readonly network: LabNetwork
  readonly runner: Runner
  /** Where network and runner are, if it has to be made first. */
  readonly ground?: Ground
}

/** Everything that one run owns on this machine: hosts, server and target, then deployments; gone without a trace when disposed. */
export class Lab {
  readonly #run: string
  readonly #settings: Settings
  readonly #network: LabNetwork
  readonly #runner: Runner
  readonly #ground: Ground
  readonly #ending = new AbortController()
  readonly #deployments = new Set<Deployment>()
  readonly #underWay = new Set<Promise<unknown>>()
  #target: Target | undefined
  #gone: Promise<void> | undefined

  constructor(run: string, settings: Settings, { network, runner, ground = HOST }: LabParts) {
    this.#run = run
    this.#settings = settings
    this.#network = network
    this.#runner = runner
    this.#ground = ground
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
    const { serverAddress: host, reachesServer } = this.#network
    const control = reachesServer ? undefined : controlSocketOf(this.#run)
    makeRunDirectory(this.#run)
    await this.#ground.open?.()
    await this.#runner.open()
    await this.#network.build()
    if (launch.signal?.aborted) throw runAborted(launch.signal.reason)
    const child = this.#runner.startTarget(launch.command({ host, ...(control !== undefined && { control }) }))
    const started = await untilListening(child, control, launch)
    this.#target = started.target
    await this.#network.connect?.(started.target)
    return started
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
    const places = await this.#network.add(counts, (added) => this.#runner.makeNamespaces(added, request))
    const sandboxes: Sandbox[] = []
    try {
      for (const place of places) sandboxes.push(this.#sandbox(place, request))
      await warmAll(sandboxes, ending)
    } catch (error) {
      await this.#remove(places)
      throw ending.aborted ? runAborted(ending.reason) : error
    }
    const deployment = new LocalDeployment({
      memoryMb: request.memoryMb,
      placement: this.#settings.placement,
      sandboxes: counts.map((_, host) => sandboxes.filter(({ place }) => place.host === host)),
      remove: async () => {
        this.#deployments.delete(deployment)
        await this.#remove(places)
      },
    })
    this.#deployments.add(deployment)
    return deployment
  }

  #sandbox(place: SandboxPlace, request: DeployRequest): Sandbox {
    const seen = this.#target && this.#network.asSeenFrom?.(place, this.#target)
    const secrets = [request.agent.secret, this.#target?.token]
    if (seen === undefined) return new Sandbox(place, { ...this.#runner.agentPlace(place, request), secrets })
    const allowedTargets = [...request.agent.allowedTargets, seen.iperf3, seen.http]
    const reachable = { ...request, agent: { ...request.agent, allowedTargets } }
    return new Sandbox(place, { ...this.#runner.agentPlace(place, reachable), secrets }, { target: seen, secret: request.agent.secret })
  }

  async #remove(places: readonly SandboxPlace[]): Promise<void> {
    await this.#runner.remove(places)
    await this.#network.remove(places)
  }

  async #dispose(): Promise<void> {
    this.#ending.abort()
    await Promise.allSettled(this.#underWay)
    await Promise.allSettled([...this.#deployments].map((deployment) => deployment[Symbol.asyncDispose]()))
    await this.#network.close?.()
    await this.#runner.close?.()
    await this.#ground.close?.()
    await removeRun(this.#run)
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
