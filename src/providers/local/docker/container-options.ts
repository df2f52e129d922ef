import type { ContainerCreateOptions } from 'dockerode'
import { CPU_PERIOD_US, type Limits } from '../cgroup.ts'
import { programPath } from '../host-command.ts'

/** Marks everything that a run makes at a Docker daemon; its value is the run's name. */
export const RUN_LABEL = 'netfair.run'
/** The image of a run: empty, since everything in its containers is bound. */
export const imageOf = (run: string): string => `netfair-empty:${run}`

/** Threads and processes of one function. */
const MOST_PROCESSES = 512

/** What a function's container is to be. */
export interface ContainerRequest {
  readonly run: string
  readonly limits: Limits
  /** Bound read-only, each at its own path. */
  readonly folders: readonly string[]
}

/**
 * A container that idles until programs are started in it. Its own program is `cat`, and it ends when the one connection to its
 * standard input closes: a container never outlives this process, also when that is killed.
 */
export function containerOptions({ run, limits, folders }: ContainerRequest): ContainerCreateOptions {
  const { memoryBytes, cpuQuotaUs } = limits
  return {
    Image: imageOf(run),
    Labels: { [RUN_LABEL]: run },
    Cmd: ['cat'],
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    Env: [`PATH=${programPath()}`],
    WorkingDir: '/',
    HostConfig: {
      AutoRemove: true,
      Memory: memoryBytes,
      MemorySwap: memoryBytes, // no swap beyond it
      ...(cpuQuotaUs === undefined ? {} : { CpuPeriod: CPU_PERIOD_US, CpuQuota: cpuQuotaUs }),
      PidsLimit: MOST_PROCESSES,
      NetworkMode: 'none',
      Sysctls: { 'net.ipv4.tcp_no_metrics_save': '1' }, // rounds must not depend on each other
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': '' },
      Mounts: folders.map((path) => ({ Type: 'bind', Source: path, Target: path, ReadOnly: true })),
      CapDrop: ['ALL'],
      CapAdd: ['DAC_OVERRIDE'], // to read what only its owner may
      SecurityOpt: ['no-new-privileges', 'label=disable'],
      LogConfig: { Type: 'none', Config: {} },
    },
  }
}
