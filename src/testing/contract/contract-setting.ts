import type { Target } from '../../model/target.ts'
import type { Deployment, DeployRequest, Provider, TargetLaunch } from '../../providers/provider.ts'

/** What a contract suite must know of the platform behind a provider. */
export interface ContractSetting {
  /** Path of the agent's bundle for this platform. */
  readonly bundle: string
  /** Sizes on offer, in MB, at least one; each is deployed. */
  readonly memoryMb: readonly [number, ...number[]]
  /** Invocations at once where several are needed, ≥ 2. Default 3. */
  readonly concurrency?: number
  /** What the provider must refuse. */
  readonly refused: { readonly memoryMb: number; readonly concurrency: number }
  /** A target that the functions reach. Not with a provider that has a place for its own. */
  readonly target?: Target
  /** Program of the target, where the provider has a place for it. */
  readonly targetCommand?: TargetLaunch['command']
  /** Whether the platform bills time, so that every result says how much. Default false. */
  readonly billed?: boolean
  /** Credentials that the provider uses, planted: they must show nowhere. Default none. */
  readonly secrets?: readonly string[]
  /** The same provider where something that it needs is missing (SDK, credentials, region): `check` must say so. Default none. */
  readonly unready?: readonly Provider[]
  /** Names of everything on the platform that is netfair's. Looks at the platform itself, not through the provider. */
  remains(): Promise<readonly string[]>
  /** Makes a deployment in another process and kills that (SIGKILL); resolves when it is dead. */
  abandon(): Promise<void>
  /** Deploys so that it fails after something was made: a broken bundle, or a fault that a test bed is told of. */
  deployBroken(request: DeployRequest): Promise<Deployment>
  /** How long an abort or a disposal may take to end an invocation, in milliseconds. Default 5000. */
  readonly promptMs?: number
  /** How long after its deadline a stuck invocation may still be waited for, in milliseconds. Default 10,000. */
  readonly graceMs?: number
  /** How long the platform may take until it shows what was removed, in milliseconds. Default 10,000. */
  readonly settleMs?: number
}

/** Checked by every clause: a provider, its setting with all defaults. */
export interface Contract {
  readonly provider: Provider
  readonly setting: ContractSetting &
    Required<Pick<ContractSetting, 'concurrency' | 'billed' | 'secrets' | 'unready' | 'promptMs' | 'graceMs' | 'settleMs'>>
}

/** One rule of the contract. */
export interface Rule {
  readonly name: string
  check(contract: Contract): Promise<void>
}
