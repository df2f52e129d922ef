import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { MeasurementError } from '../model/errors.ts'

/**
 * Path of the bundled agent for local functions.
 *
 * @throws MeasurementError `AGENT_MISSING` where the package was not built
 */
export function localAgentBundle(): string {
  // The same from src/run and from dist/run.
  const path = fileURLToPath(new URL('../../dist/agents/local.mjs', import.meta.url))
  if (existsSync(path)) return path
  throw new MeasurementError('AGENT_MISSING', `The agent bundle ${path} does not exist.`, { hint: 'In a checkout run `npm run build`.' })
}

/** Program that is netfair's target, as built or as source, whichever this is. */
export function targetProgram(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`../server/entry.${extension}`, import.meta.url))
}
