import type { FunctionMessage } from './function-message.ts'
import { runtimes } from './runtimes.ts'
import { checkSizes } from './sizes.ts'
import { invalidArgument } from './status-error.ts'

/** Environment variables that the platform sets itself. Source: docs of Cloud Functions, "Reserved environment variables". */
const RESERVED = ['FUNCTION_TARGET', 'FUNCTION_SIGNATURE_TYPE', 'K_SERVICE', 'K_REVISION', 'K_CONFIGURATION', 'PORT']
const MAX_ENVIRONMENT_BYTES = 32 * 1024
const MAX_LABELS = 64
const GEN_1_MEMORY_MB = [128, 256, 512, 1024, 2048, 4096, 8192]

/** @throws StatusError `INVALID_ARGUMENT` */
export function checkFunctionId(id: string, environment: FunctionMessage['environment']): void {
  const pattern = environment === 'GEN_1' ? /^[A-Za-z](?:[-_A-Za-z0-9]{0,61}[A-Za-z0-9])?$/ : /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/
  if (pattern.test(id)) return
  throw invalidArgument(`Invalid value '${id}': Function name must match the pattern ${pattern.source} and have at most 63 characters.`)
}

/**
 * What is asked for, before anything is built.
 * @throws StatusError `INVALID_ARGUMENT`
 */
export function checkFunction(id: string, { environment, labels, buildConfig, serviceConfig }: FunctionMessage): void {
  const generation = environment === 'GEN_1' ? 'GEN_1' : 'GEN_2'
  checkFunctionId(id, environment)
  checkLabels(labels)
  if (!buildConfig?.runtime) throw invalidArgument('Runtime field cannot be empty.')
  const runtime = runtimes.find((known) => known.name === buildConfig.runtime && known.environment === generation)
  if (runtime === undefined) throw invalidArgument(`Runtime "${buildConfig.runtime}" is not supported on ${generation}.`)
  if (runtime.stage === 'DECOMMISSIONED') {
    throw invalidArgument(`Runtime ${runtime.displayName} is decommissioned and no longer allowed. Please use a newer runtime.`)
  }
  const source = buildConfig.source?.storageSource
  if (!source?.object || !source.bucket) throw invalidArgument('Function source is not specified: build_config.source is required.')
  if (serviceConfig === null) return
  checkEnvironment(serviceConfig.environmentVariables)
  const longest = generation === 'GEN_1' ? 540 : 3600
  if (serviceConfig.timeoutSeconds < 1 || serviceConfig.timeoutSeconds > longest) {
    throw invalidArgument(`Invalid timeout: ${serviceConfig.timeoutSeconds}s. It must be between 1 and ${longest} seconds.`)
  }
  if (serviceConfig.maxInstanceCount < 0 || serviceConfig.minInstanceCount > serviceConfig.maxInstanceCount) {
    throw invalidArgument('Invalid number of instances: 0 <= min_instance_count <= max_instance_count.')
  }
  if (generation === 'GEN_2') checkSizes(id, serviceConfig)
  else if (!GEN_1_MEMORY_MB.includes(Number.parseInt(serviceConfig.availableMemory, 10))) {
    throw invalidArgument(
      `Invalid value for available_memory_mb: ${serviceConfig.availableMemory}. Must be one of ${GEN_1_MEMORY_MB.join(', ')}.`,
    )
  }
}

function checkLabels(labels: Readonly<Record<string, string>>): void {
  const entries = Object.entries(labels)
  if (entries.length > MAX_LABELS) throw invalidArgument(`A function can have at most ${MAX_LABELS} labels; got ${entries.length}.`)
  for (const [key, value] of entries) {
    if (!/^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u.test(key)) {
      throw invalidArgument(`Invalid label key "${key}": lower-case letters, digits, "_" and "-", a letter first, at most 63 characters.`)
    }
    if (!/^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u.test(value)) {
      throw invalidArgument(`Invalid label value "${value}" of "${key}": lower-case letters, digits, "_" and "-", at most 63 characters.`)
    }
  }
}

function checkEnvironment(variables: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(variables)) {
    if (RESERVED.includes(name) || name.startsWith('X_GOOGLE_')) {
      throw invalidArgument(`environment_variables: "${name}" is a reserved environment variable name and cannot be set.`)
    }
    if (name === '' || name.includes('=')) throw invalidArgument(`environment_variables: "${name}" is not a valid name.`)
  }
  const bytes = Buffer.byteLength(Object.entries(variables).flat().join(''))
  if (bytes > MAX_ENVIRONMENT_BYTES)
    throw invalidArgument(`environment_variables: ${bytes} bytes exceed the limit of ${MAX_ENVIRONMENT_BYTES}.`)
}
