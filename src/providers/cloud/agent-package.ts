import type { DeployRequest } from '../provider.ts'

/** What is uploaded: the agent, the probes of one's own, and what the platform wants beside them. */
export interface AgentPackage {
  /** The same bytes for the same content. */
  readonly zip: Uint8Array
  /** SHA-256 of `zip`, base64, as Lambda's `CodeSha256`. */
  readonly sha256: string
  /** Modules of probes of one's own, by URL: what goes into `AgentConfig.modules` of this package. */
  readonly modules: readonly string[]
}

/** File name → text, besides `index.mjs`, which is the agent: `package.json`, `host.json` and the like. */
export type PlatformFiles = Readonly<Record<string, string>>

/**
 * Packs the agent for one platform; probes of one's own are bundled in (by esbuild, an optional peer).
 * @throws InputError `PACKAGE_MISSING` (esbuild, where there are such probes), `PROBE_NOT_BUNDLED`; MeasurementError `AGENT_MISSING`
 */
export async function agentPackage(_agent: DeployRequest['agent'], _files: PlatformFiles = {}): Promise<AgentPackage> {
  throw new Error('being written')
}
