import type { Tier } from '../model/journal-record.ts'
import type { Platform } from '../model/platform.ts'
import type { Target } from '../model/target.ts'
import type { AgentReply, Task } from '../model/task.ts'

/** An agent as it is bundled for one platform: `dist/agents/<entry>.mjs`, and `<entry>-sdk.mjs` with the SDKs of object stores. */
export type AgentEntry = 'local' | 'aws' | 'gcp' | 'azure'

/** A kind of verdict that a provider may or may not be able to support. */
export type Claim = 'network-isolation' | 'memory-effects'

/** What the journal says about where it was measured. */
export interface ProviderDescription {
  readonly name: string
  readonly variant?: string
  readonly region?: string
  readonly tier?: Tier
  /** Why the run is in no better tier, where nobody asked for this one. */
  readonly tiersRefused?: Readonly<Partial<Record<Tier, string>>>
  /** Sharing policy, congestion control, versions and the like; no secrets. */
  readonly environment: Readonly<Record<string, unknown>>
}

/** How to start netfair's target behind the provider's uplink. */
export interface TargetLaunch {
  readonly runId: string
  /** Program and arguments; prints one JSON line `{iperf3, http, token, control}` when it listens, on free ports; ends when its standard input closes. */
  command(options: { readonly host: string; readonly control?: string }): readonly string[]
  /** How many functions there will be at most, over all memory sizes. */
  readonly functions: number
  readonly signal?: AbortSignal
}

/** A target that the provider started. */
export interface RunningTarget extends AsyncDisposable {
  readonly target: Target
  /** Unix socket of its HTTP end, where this process has no other way to it. */
  readonly control?: string
}

export interface DeployRequest {
  readonly runId: string
  readonly memoryMb: number
  /** How many instances at once. */
  readonly concurrency: number
  /** When the run will have ended at the latest, epoch milliseconds: until then no `cleanup` on another machine touches it. Default in 6 hours. */
  readonly endsBeforeMs?: number
  /** Levels of those factors that the provider sets itself (`Provider.factors`). Default: the first level of each. */
  readonly factors?: Readonly<Record<string, string>>
  readonly agent: {
    /** Path of the bundled agent, by the provider's `agentEntry`. */
    readonly bundle: string
    readonly secret: string
    readonly allowedTargets: readonly string[]
    readonly modules: readonly string[]
    /** Environment variables with the credentials for an object store (`AgentConfig.credentials`). Default none. */
    readonly credentials?: Readonly<Record<string, string>>
  }
  readonly signal?: AbortSignal
}

export interface InvokeOptions {
  /** Block of the round: providers with several known hosts run each repetition on one of them. */
  readonly repetition: number
  /** Which of its instances, 0 … concurrency − 1, where the provider can choose. Default: the task's `invocation`. */
  readonly slot?: number
  readonly signal?: AbortSignal
}

export interface InvocationResult extends AgentReply {
  /** The host, only where the provider knows it for a fact. */
  readonly host?: string
  readonly billedMs?: number
}

/** The agent, live at one memory size. Disposing it removes all that its deployment made; idempotent. */
export interface Deployment extends AsyncDisposable {
  readonly memoryMb: number
  /**
   * Runs one task in one instance, alone in it; `slot` chooses which, where the provider can choose. A refused task is no
   * error but samples that say so.
   * @throws MeasurementError `AGENT_DIED`, `INVOCATION_TIMEOUT`, `INVOCATION_ABORTED`, `DEPLOYMENT_GONE`, with `billedMs` where the platform
   *   tells it; never a result for a dead agent
   */
  invoke(task: Task, options: InvokeOptions): Promise<InvocationResult>
  /** CPU seconds of the shared host since its start, where the functions share this machine. */
  hostCpu?(): { readonly idleSeconds: number; readonly totalSeconds: number }
}

export interface CleanupOptions {
  /** Only what is older than this. Default 0. */
  readonly olderThanMs?: number
  readonly region?: string
}

/** What an experiment will ask of a provider. */
export interface Demand {
  /** Memory sizes in MB, each of which will be deployed. Default none. */
  readonly memoryMb?: readonly number[]
  /** Most instances at once at one size. Default 1. */
  readonly concurrency?: number
  /** Longest that one invocation may take, in milliseconds. Default: not said. Too long for the platform: `INVOCATION_TOO_LONG`. */
  readonly invocationMs?: number
  /** Functions ask an object store as their own identity on the platform. Default false. Where they have none: `IDENTITY_MISSING`. */
  readonly identity?: boolean
  readonly signal?: AbortSignal
}

/** A place for netfair's target on the provider's own side. */
export interface TargetPlace {
  /** Starts a target, which lives until it is disposed; the deployments of the same run talk to it. */
  start(launch: TargetLaunch): Promise<RunningTarget>
}

/**
 * Adapter to one platform: four methods, held by `providerContract` of `netfair/testing`.
 *
 * Making one does no I/O and loads no SDK; its options are checked at once.
 */
export interface Provider {
  readonly name: string
  /** What it was made with, as JSON without secrets: a run is resumed only with the same. */
  readonly options: Readonly<Record<string, unknown>>
  /** By which prices its functions are billed, region and variant as in its description; known without any I/O. Absent: nothing is billed. */
  readonly billedAs?: Platform
  /** Its rounds load this machine, so that two runs at once would measure each other. */
  readonly exclusive?: boolean
  /** Which of netfair's agents it deploys. Default `local`. */
  readonly agentEntry?: AgentEntry
  /** Factors that it sets by how it deploys, each with the levels on offer, the usual one first: `{path: ['public', 'vpc']}`. Default none. */
  readonly factors?: Readonly<Record<string, readonly string[]>>
  /** Only where it has one. Without it an experiment must name its targets. */
  readonly targetPlace?: TargetPlace
  /** Whether verdicts of this kind can be told here at all; asks no network, and tries what can be tried on this machine. */
  supports(claim: Claim): boolean
  /**
   * Looks whether the demand can be met, and says where. May ask the platform; makes nothing and changes nothing there.
   * @throws InputError `INVALID_MEMORY` (with the nearest sizes on offer), `INVALID_CONCURRENCY` (with the limit), `PACKAGE_MISSING`,
   *   `CREDENTIALS_MISSING`, `REGION_UNKNOWN`; MeasurementError where the platform cannot be used from here. Later errors of `deploy` should be rare.
   */
  check(demand?: Demand): Promise<ProviderDescription>
  /**
   * Resolves when the agent is live at the memory size, and can run `concurrency` invocations at once. Refuses what `check` refuses. What it
   * makes carries the run's id; whatever fails, nothing of it is left behind.
   */
  deploy(request: DeployRequest): Promise<Deployment>
  /** Removes what runs that ended without doing so have left behind; says what. Never touches a live run. */
  cleanup(options?: CleanupOptions): Promise<readonly string[]>
}
