import { InputError } from '../model/errors.ts'
import type { Direction } from '../model/journal-record.ts'
import { checkOptions } from '../model/options.ts'
import type { Measurement, Probe, ProbeCode, ProbeContext } from '../model/probe.ts'

/** What a probe of one's own consists of. */
export interface ProbeDefinition<Params extends object, Prepared> {
  /** kebab-case, unique in an experiment: `dns-lookup`. */
  readonly name: string
  /** Semantic version; raise it when what is measured changes. */
  readonly version: string
  /** JSON Schema of each parameter; `default` makes one optional, `description` (unit, range) is shown in messages. */
  readonly params: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** `import.meta.url` of the module that exports the probe: the agent imports it by this. */
  readonly module: string
  /** How long a measurement takes, in milliseconds, without start and end. Default 1000. */
  readonly expectedMs?: number | ((params: Params) => number)
  /** Directions in which it can move a fixed work, by `capabilities.work`. Default: none. */
  readonly fixedWork?: readonly Direction[]
  /** Runs before the agreed start: open connections, agree on parameters. */
  prepare?(context: ProbeContext<Params>): Promise<Prepared>
  /** Begins at the agreed start. Returns one measurement a direction; throws where it could not measure. */
  run(context: ProbeContext<Params>, prepared: Prepared): Promise<readonly Measurement[]>
}

/** Makes a probe with its parameters; carries the code for the agent. */
export interface ProbeFactory<Params extends object, Prepared> {
  /** @throws InputError `UNKNOWN_OPTION`, `MISSING_OPTION`, `INVALID_OPTION` */
  (params?: Partial<Params>): Probe
  readonly code: ProbeCode<Params, Prepared>
}

const KEBAB_CASE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const SEMANTIC_VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/

/**
 * Defines a probe of one's own. Export what it returns: agents find it among the module's exports.
 *
 * @throws InputError `INVALID_PROBE` where name, version, module, params or run cannot be used
 */
export function defineProbe<Params extends object = Record<string, unknown>, Prepared = undefined>(
  definition: ProbeDefinition<Params, Prepared>,
): ProbeFactory<Params, Prepared> {
  checkDefinition(definition)
  const { name, version, params: properties, module, prepare, run, expectedMs = 1000, fixedWork } = definition
  const required = Object.keys(properties).filter((key) => !('default' in (properties[key] ?? {})))
  const schema = { type: 'object', required, properties, additionalProperties: false } as const
  const factory = (given: Partial<Params> = {}): Probe => {
    const params = checkOptions<Params>(`${name}()`, given, schema)
    const expected = typeof expectedMs === 'function' ? expectedMs(params) : expectedMs
    const withParams = (changes: object): Probe => factory({ ...given, ...changes })
    const known = { name, version, params: params as Readonly<Record<string, unknown>>, module, withParams }
    return { ...known, expectedMs: expected, ...(fixedWork !== undefined && { fixedWork }) }
  }
  return Object.assign(factory, { code: { name, version, run, ...(prepare !== undefined && { prepare }) } })
}

type Unchecked = Readonly<Record<'name' | 'version' | 'module' | 'params' | 'run', unknown>>

function checkDefinition({ name, version, module, params, run }: Unchecked): void {
  const check = (holds: boolean, key: string, value: unknown, allowed: string, hint: string): void => {
    if (holds) return
    const shown = JSON.stringify(value) ?? 'nothing'
    throw new InputError('INVALID_PROBE', `defineProbe(): "${key}" must be ${allowed}, got ${shown}.`, { hint })
  }
  check(KEBAB_CASE.test(String(name)), 'name', name, 'kebab-case', 'Use lower-case words with hyphens: "dns-lookup".')
  check(SEMANTIC_VERSION.test(String(version)), 'version', version, 'a semantic version', 'Write three numbers: "1.0.0".')
  check(String(module).startsWith('file:'), 'module', module, 'a file: URL', 'Pass module: import.meta.url.')
  check(typeof params === 'object' && params !== null, 'params', params, 'an object of JSON Schemas', 'Pass params: {} for none.')
  check(typeof run === 'function', 'run', run, 'a function', 'Pass run: async (context) => [measurement].')
}
