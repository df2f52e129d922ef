import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { MeasurementError } from '../../model/errors.ts'
import { packagedModule } from '../../model/packaged-module.ts'
import type { DeployRequest } from '../provider.ts'
import { bundleProbe } from './probe-bundle.ts'

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
export async function agentPackage({ bundle, modules }: DeployRequest['agent'], files: PlatformFiles = {}): Promise<AgentPackage> {
  const texts = Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)] as const)
  const probes = modules.map(async (url) => [packagedModule(url), await bundleProbe(url)] as const)
  // Waited for together: what fails first is no unhandled rejection.
  const [index, ...own] = await Promise.all([readBundle(bundle), ...probes])
  const zip = await pack([['index.mjs', index], ...texts, ...own])
  return { zip, sha256: createHash('sha256').update(zip).digest('base64'), modules }
}

async function readBundle(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new MeasurementError('AGENT_MISSING', `The agent bundle ${path} cannot be read.`, {
      hint: 'Install netfair again; in a checkout run `npm run build`.',
      cause,
    })
  }
}

const UNIX = 3
/** Some platforms run it as another user than they unpack it: a file that all may read. */
const READABLE = 0o100644 << 16

async function pack(files: readonly (readonly [name: string, content: Uint8Array])[]): Promise<Uint8Array> {
  const { zipSync } = await import('fflate')
  const sorted = files.toSorted(([a], [b]) => (a < b ? -1 : 1))
  // ZIP keeps local times without a zone: made of local fields, the bytes are the same in every zone.
  const mtime = new Date(1980, 0, 1, 12)
  return zipSync(Object.fromEntries(sorted), { level: 9, mtime, os: UNIX, attrs: READABLE })
}
