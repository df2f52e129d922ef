import type { ServiceConfig } from './function-message.ts'
import { bytesOf, vcpusOf } from './quantity.ts'
import { invalidArgument, type StatusError } from './status-error.ts'

const GIB = 2 ** 30
/** A size given in decimal units counts as the binary one that it stands for: 128M is not too little. */
const DECIMAL = 1e6 / 2 ** 20

/** CPUs that come with a memory size where none are asked for. Source: docs of Cloud Functions, "Configure memory". */
const CPU_BY_MEMORY: readonly (readonly [mib: number, cpu: string])[] = [
  [128, '0.0833'],
  [256, '0.1666'],
  [512, '0.3333'],
  [1024, '0.5833'],
  [2048, '1'],
  [4096, '2'],
  [8192, '2'],
  [16384, '4'],
  [32768, '8'],
]

/** Least CPUs above a memory size. Source: docs of Cloud Run, "Configure memory limits". */
const LEAST_CPU: readonly (readonly [aboveGib: number, cpus: number])[] = [
  [24, 8],
  [16, 6],
  [8, 4],
  [4, 2],
  [1, 1],
  [0.5, 0.5],
]

/** Least memory of a number of CPUs. Source: docs of Cloud Run, "Configure CPU limits". */
const LEAST_MEMORY_GIB: Readonly<Record<number, number>> = { 4: 2, 6: 4, 8: 4 }

export function defaultCpu(memory: string): string {
  const mib = (bytesOf(memory) ?? 0) / 2 ** 20
  return CPU_BY_MEMORY.find(([size]) => mib <= size)?.[1] ?? '8'
}

/**
 * Holds memory, CPU and concurrency of a 2nd gen function together, as Cloud Run does.
 * @throws StatusError `INVALID_ARGUMENT`
 */
export function checkSizes(id: string, config: ServiceConfig): void {
  const bytes = bytesOf(config.availableMemory)
  if (bytes === undefined)
    throw invalidArgument(`Invalid value for memory: ${config.availableMemory}. Memory must be a Kubernetes quantity.`)
  const cpus = vcpusOf(config.availableCpu)
  const refuse = (field: string, why: string): StatusError =>
    invalidArgument(
      `Could not create or update Cloud Run service ${id}, spec.template.spec.${field}: Invalid value specified for ${field.split('.').at(-1)}. ${why}`,
    )
  const cpuField = 'containers.resources.limits.cpu'
  const memoryField = 'containers.resources.limits.memory'
  if (cpus === undefined || !isOffered(cpus)) {
    throw refuse(
      cpuField,
      `For the specified value, cpu must be one of 1, 2, 4, 6, 8 or from 0.08 to less than 1; got ${config.availableCpu}.`,
    )
  }
  if (bytes < 128 * 2 ** 20 * DECIMAL) throw refuse(memoryField, 'For the specified value, minimum memory is 128 Mi.')
  if (bytes > 32 * GIB) throw refuse(memoryField, 'For the specified value, maximum memory is 32 Gi.')
  const [above, least] = LEAST_CPU.find(([gib]) => bytes > gib * GIB) ?? [0, 0]
  if (cpus < least) throw refuse(memoryField, `Memory above ${above} Gi needs at least ${least} CPU; got ${config.availableCpu}.`)
  const leastGib = LEAST_MEMORY_GIB[cpus] ?? 0
  if (bytes < leastGib * GIB * DECIMAL) throw refuse(memoryField, `${cpus} CPU need at least ${leastGib} Gi of memory.`)
  checkConcurrency(config.maxInstanceRequestConcurrency, cpus, refuse)
}

function checkConcurrency(concurrency: number, cpus: number, refuse: (field: string, why: string) => StatusError): void {
  if (concurrency < 1 || concurrency > 1000) throw refuse('containerConcurrency', 'It must be between 1 and 1000.')
  if (concurrency > 1 && cpus < 1) {
    throw refuse('containers.resources.limits.cpu', 'Total cpu < 1 is not supported with concurrency > 1.')
  }
}

const isOffered = (cpus: number): boolean => [1, 2, 4, 6, 8].includes(cpus) || (cpus >= 0.08 && cpus < 1)
