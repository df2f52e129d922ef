import { InputError } from '../../model/errors.ts'
import { MAX_SANDBOXES } from './addresses.ts'
import { CPU_PERIOD_US, type Limits } from './cgroup.ts'
import type { Settings } from './options.ts'

/** Below this Node itself does not start. */
const MIN_MEMORY_MB = 64
/** Memory at which a function has all its CPUs, as on the platform that the paper measured. */
const FULL_CPU_MEMORY_MB = 3008
/** The kernel refuses less. */
const MIN_QUOTA_US = 1000
/** Share of the memory that V8's heap may take; the rest is for buffers and code. */
const HEAP_SHARE = 0.75

interface Machine {
  readonly cores: number
  readonly memoryBytes: number
}

/** Limits of a function: CPU time in proportion to its memory, none where it would have all cores. */
export function limitsOf(memoryMb: number, vcpus: number, { cores }: Pick<Machine, 'cores'>): Limits {
  const cpus = (vcpus * memoryMb) / FULL_CPU_MEMORY_MB
  const memoryBytes = memoryMb * 2 ** 20
  return cpus >= cores ? { memoryBytes } : { memoryBytes, cpuQuotaUs: Math.round(cpus * CPU_PERIOD_US) }
}

/**
 * Flags of an agent's node: its heap ends before its memory does. None for the young generation: with any `--max-semi-space-size` V8 collects the
 * whole heap each few MB that are received, which doubles the CPU time of a download and takes tenths of a second under a small quota.
 */
export function nodeFlags(memoryMb: number): string[] {
  return [`--max-old-space-size=${Math.floor(memoryMb * HEAP_SHARE)}`]
}

/**
 * Refuses what no sandbox can be made for, before anything is made.
 * @throws InputError `INVALID_MEMORY`, `INVALID_CONCURRENCY`
 */
export function checkDeployment(memoryMb: number, concurrency: number, settings: Settings, machine: Machine): void {
  const mostMb = Math.floor(machine.memoryBytes / 2 ** 20)
  if (!Number.isInteger(memoryMb) || memoryMb < MIN_MEMORY_MB || memoryMb > mostMb) {
    throw new InputError(
      'INVALID_MEMORY',
      `memoryMb is ${memoryMb}; local() takes whole numbers from ${MIN_MEMORY_MB} to ${mostMb}, this machine's memory.`,
      {
        hint: 'Choose a memory size within the range.',
      },
    )
  }
  const { cpuQuotaUs } = limitsOf(memoryMb, settings.vcpus, machine)
  if (cpuQuotaUs !== undefined && cpuQuotaUs < MIN_QUOTA_US) {
    const share = cpuQuotaUs / CPU_PERIOD_US
    throw new InputError(
      'INVALID_MEMORY',
      `${memoryMb} MB with ${settings.vcpus} vcpus is a CPU share of ${share}; the kernel allows 0.01 or more.`,
      {
        hint: 'Give more memory or more vcpus.',
      },
    )
  }
  const mostAtOnce = settings.placement === 'blocked' ? Math.floor(MAX_SANDBOXES / settings.hosts) : MAX_SANDBOXES
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > mostAtOnce) {
    const where = settings.placement === 'blocked' && settings.hosts > 1 ? ` on each of ${settings.hosts} hosts` : ''
    throw new InputError(
      'INVALID_CONCURRENCY',
      `concurrency is ${concurrency}; local() takes whole numbers from 1 to ${mostAtOnce}${where}.`,
      {
        hint: `It makes at most ${MAX_SANDBOXES} sandboxes in all.`,
      },
    )
  }
}
