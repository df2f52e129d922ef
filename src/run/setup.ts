import { randomBytes } from 'node:crypto'
import pLimit from 'p-limit'
import type { Deployment } from '../providers/provider.ts'
import { agentBundle, targetProgram } from './built-program.ts'
import type { RunEvent } from './event.ts'
import type { Experiment } from './experiment.ts'
import type { ObjectStock } from './object-work.ts'
import { placeName, placesOf, probeAt } from './provider-factors.ts'
import type { WatchedTarget } from './target-health.ts'
import { uploadFolder } from './uploads.ts'

/** Targets and deployments of one run, live. */
export interface Setup {
  readonly targets: readonly WatchedTarget[]
  readonly runId: string
  /** Where its functions upload to. */
  readonly uploads: string
  /** By {@link placeName}. */
  readonly deployments: ReadonlyMap<string, Deployment>
  /** Seals the tasks. */
  readonly secret: string
  /** Takes all of it down, latest first; goes on after an error and throws the first one at the end. */
  dispose(): Promise<void>
}

export interface SetupOptions {
  readonly runId: string
  /** When the run will have ended at the latest, epoch milliseconds. */
  readonly endsBeforeMs: number
  /** Where the probe moves objects. */
  readonly stock?: ObjectStock
  readonly signal?: AbortSignal
  readonly onProgress?: (event: RunEvent) => void
}

/** How many places are deployed at once. */
const deployedAtOnce = 2

/**
 * Starts the target where the provider has a place for it, and deploys the agent at every place: memory size, and level of the provider's own factors.
 * When a part fails, what stands already is taken down again.
 * @throws the signal's reason when aborted
 */
export async function setUp(experiment: Experiment, options: SetupOptions): Promise<Setup> {
  const disposals: (() => PromiseLike<void>)[] = []
  const dispose = () => disposeAll(disposals)
  try {
    const targets = await startTargets(experiment, options, disposals)
    const secret = randomBytes(24).toString('base64url')
    const deployments = await deployAll(experiment, { ...options, secret, targets, disposals })
    return { runId: options.runId, uploads: uploadFolder(options), targets, deployments, secret, dispose }
  } catch (error) {
    await dispose().catch(() => undefined)
    throw options.signal?.aborted ? options.signal.reason : error
  }
}

async function startTargets(
  experiment: Experiment,
  { runId, signal }: SetupOptions,
  disposals: (() => PromiseLike<void>)[],
): Promise<WatchedTarget[]> {
  const { provider, targets, concurrency } = experiment
  if (provider.targetPlace === undefined) return targets.map((target) => ({ target }))
  const running = await provider.targetPlace.start({
    runId,
    functions: placesOf(experiment).length * Math.max(...concurrency),
    command: (options) => [process.execPath, targetProgram(), JSON.stringify({ ...options, port: 0, httpPort: 0 })],
    ...(signal !== undefined && { signal }),
  })
  disposals.push(() => running[Symbol.asyncDispose]())
  return [{ target: running.target, ...(running.control !== undefined && { control: running.control }) }]
}

interface DeploySetting extends SetupOptions {
  readonly secret: string
  readonly targets: readonly WatchedTarget[]
  readonly disposals: (() => PromiseLike<void>)[]
}

async function deployAll(experiment: Experiment, setting: DeploySetting): Promise<Map<string, Deployment>> {
  const { provider, probe, concurrency } = experiment
  const { runId, endsBeforeMs, signal, secret, targets, disposals, onProgress, stock } = setting
  const limit = pLimit(deployedAtOnce)
  const most = Math.max(...concurrency)
  const agent = {
    bundle: agentBundle(stock?.sdk === true ? `${provider.agentEntry ?? 'local'}-sdk` : provider.agentEntry),
    secret,
    allowedTargets: [...targets.flatMap(({ target }) => [target.iperf3, target.http]), ...originsOf(experiment)],
    modules: probe.module === undefined ? [] : [probe.module],
    ...(stock?.credentials !== undefined && { credentials: stock.credentials }),
  }
  const deployments = new Map<string, Deployment>()
  const outcomes = await Promise.allSettled(
    placesOf(experiment).map((place) =>
      limit(async () => {
        signal?.throwIfAborted()
        const { memoryMb, levels } = place
        const asked = { memoryMb, concurrency: most, factors: levels }
        onProgress?.({ kind: 'deploying', ...asked })
        const startedAt = performance.now()
        const request = { ...asked, runId, endsBeforeMs, agent, ...(signal !== undefined && { signal }) }
        const deployment = await provider.deploy(request)
        disposals.push(() => deployment[Symbol.asyncDispose]())
        deployments.set(placeName(place), deployment)
        onProgress?.({ kind: 'deployed', ...asked, elapsedMs: performance.now() - startedAt })
      }),
    ),
  )
  const failure = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failure !== undefined) throw failure.reason
  return deployments
}

/** Where the probe goes besides the targets, at any level of any factor. */
function originsOf({ probe, factors, provider }: Experiment): readonly string[] {
  const changed = Object.entries(factors).flatMap(([name, values]) => values.map((value) => probeAt(probe, { [name]: value }, provider)))
  return [...new Set([probe, ...changed].flatMap(({ origins = [] }) => origins))]
}

async function disposeAll(disposals: (() => PromiseLike<void>)[]): Promise<void> {
  const errors: unknown[] = []
  for (let dispose = disposals.pop(); dispose !== undefined; dispose = disposals.pop()) {
    try {
      await dispose()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw errors[0]
}
