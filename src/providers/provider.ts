import type { Tier } from '../model/journal-record.ts'
import type { Target } from '../model/target.ts'
import type { AgentReply, Task } from '../model/task.ts'

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
  readonly agent: {
    /** Path of the bundled agent. */
    readonly bundle: string
    readonly secret: string
    readonly allowedTargets: readonly string[]
    readonly modules: readonly string[]
  }
  readonly signal?: AbortSignal
}

export interface InvokeOptions {
  /** Block of the round: providers with several known hosts run each repetition on one of them. */
  readonly repetition: number
  readonly signal?: AbortSignal
}

export interface InvocationResult extends AgentReply {
  /** The host, only where the provider knows it for a fact. */
  readonly host?: string
  readonly billedMs?: number
}

/** The agent, live at one memory size. */
export interface Deployment extends AsyncDisposable {
  readonly memoryMb: number
  /**
   * Runs one task in one instance; the task's `invocation` chooses which, where the provider can choose.
   * @throws MeasurementError `AGENT_DIED`, `INVOCATION_TIMEOUT`, `INVOCATION_ABORTED`, `DEPLOYMENT_GONE`; never a result for a dead agent
   */
  invoke(task: Task, options: InvokeOptions): Promise<InvocationResult>
  /** CPU seconds of the shared host since its start, where the functions share this machine. */
  hostCpu?(): { readonly idleSeconds: number; readonly totalSeconds: number }
}

/** What one tier of a provider is worth here; tried, not assumed. */
export interface TierFinding {
  readonly tier: Tier
  readonly works: boolean
  /** What it can tell where it works. */
  readonly claims: readonly Claim[]
  /** What was tried with success, and what was seen. */
  readonly found: Readonly<Record<string, string>>
  readonly missing: readonly { readonly what: string; readonly evidence: string; readonly remedy: string }[]
}

export interface CleanupOptions {
  /** Only what is older than this. Default 0. */
  readonly olderThanMs?: number
  readonly region?: string
}

/** Adapter to one platform. */
export interface Provider {
  /** Known without any I/O. */
  readonly name: string
  /** What it was made with, as JSON without secrets: a run is resumed only with the same. */
  readonly options: Readonly<Record<string, unknown>>
  /** Its rounds load this machine, so that two runs at once would measure each other. */
  readonly exclusive?: boolean
  /** Looked up on first use; throws MeasurementError where the provider cannot run here. */
  describe(): ProviderDescription
  /** Whether this machine or account can support verdicts of this kind; tried, not assumed. */
  supports(claim: Claim): boolean
  /** Only where the provider has tiers: all of them, best first. */
  tiers?(): readonly TierFinding[]
  /** Only where the provider has a place for it. Without it an experiment must name its targets. */
  startTarget?(launch: TargetLaunch): Promise<RunningTarget>
  deploy(request: DeployRequest): Promise<Deployment>
  /** Removes what runs that ended without doing so have left behind; says what. Never touches a live run. */
  cleanup(options?: CleanupOptions): Promise<readonly string[]>
}
