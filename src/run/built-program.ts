import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { MeasurementError } from '../model/errors.ts'
import type { AgentEntry } from '../providers/provider.ts'

/**
 * Path of the bundled agent for functions of one platform.
 *
 * @throws MeasurementError `AGENT_MISSING` where the package was not built
 */
export function agentBundle(entry: AgentEntry | `${AgentEntry}-sdk` = 'local'): string {
  // The same from src/run and from dist/run.
  const path = fileURLToPath(new URL(`../../dist/agents/${entry}.mjs`, import.meta.url))
  if (existsSync(path)) return path
  throw new MeasurementError('AGENT_MISSING', `The agent bundle ${path} does not exist.`, { hint: 'In a checkout run `npm run build`.' })
}

/** Program that is netfair's target, as built or as source, whichever this is. */
export function targetProgram(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`../server/entry.${extension}`, import.meta.url))
}
