import { InputError } from '../../model/errors.ts'
import type { Tier } from '../../model/journal-record.ts'
import { checkOptions, type OptionsSchema } from '../../model/options.ts'
import { MAX_HOSTS } from './addresses.ts'

/** How long the uplink's queue is where nothing else is asked for. */
export const DEFAULT_QUEUE_MS = 20

/** How the functions of one host share its uplink, in both directions. */
export type Sharing = 'fifo' | 'fair' | 'capped' | 'none'

/** Options of {@link local}. */
export interface LocalOptions {
  /** Rate of each host's uplink in bits per second, 1e6 to 100e9; required unless `sharing` is `none`, which has no limit. */
  readonly uplinkBitsPerSecond?: number
  /**
   * `fifo`: one queue for all. `fair`: equal shares, what one leaves is shared by the others.
   * `capped`: a limit per function, then one queue for all. `none`: no limit.
   */
  readonly sharing: Sharing
  /** Limit per function in bits per second, 1e6 or more, at most the uplink; with `capped`, and only there. */
  readonly capBitsPerSecond?: number
  /**
   * How long the uplink's queue takes to drain when it is full, in milliseconds, 1 to 1000; with `fifo` and `capped`, which have one queue
   * for all. Default 20. A queue holds two packets of 64 KiB at least: below 52 Mbit/s × 20 ms it is longer than asked for, and the journal's
   * environment says how long.
   */
  readonly queueMs?: number
  /** Stand-in hosts, each with an uplink of its own. 1 to 64. Default 1. */
  readonly hosts?: number
  /** `blocked`: a round runs on one host, the repetition says which. `spread`: over all hosts in turn. Default `blocked`. */
  readonly placement?: 'blocked' | 'spread'
  /** CPUs of a function with 3008 MB; smaller ones get a share in proportion. More than 0, at most 64. Default 2. */
  readonly vcpus?: number
  /**
   * What the functions are made of. `privileged`: network namespaces and cgroups, as root. `rootless`: the same network in a user
   * namespace, without limits on CPU and memory. `plain`: processes on loopback behind a token bucket, which tells nothing about this
   * machine's network. Default: the first of them that works here; the journal says which, and why not a better one.
   */
  readonly tier?: Tier
  /**
   * What runs the agents: plain processes, or a Docker container for each function, with `--memory` and `--cpus`. `docker` needs the tier
   * `privileged`, the package dockerode and a Docker daemon on this machine, at `DOCKER_HOST` or `/var/run/docker.sock`. Default `process`.
   */
  readonly runner?: 'process' | 'docker'
}

/** Options with their defaults. */
export interface Settings extends LocalOptions {
  readonly hosts: number
  readonly placement: 'blocked' | 'spread'
  readonly vcpus: number
}

const SCHEMA: OptionsSchema = {
  type: 'object',
  required: ['sharing'],
  properties: {
    uplinkBitsPerSecond: {
      type: 'number',
      minimum: 1e6,
      maximum: 100e9,
      description: 'Rate of the uplink in bits per second, 1e6 to 100e9.',
    },
    sharing: { enum: ['fifo', 'fair', 'capped', 'none'], description: 'How functions share the uplink: fifo, fair, capped or none.' },
    capBitsPerSecond: { type: 'number', minimum: 1e6, maximum: 100e9, description: 'Limit per function in bits per second, 1e6 or more.' },
    queueMs: {
      type: 'number',
      minimum: 1,
      maximum: 1000,
      description: 'Length of the uplink queue in milliseconds, 1 to 1000; default 20.',
    },
    hosts: { type: 'integer', minimum: 1, maximum: MAX_HOSTS, default: 1, description: `Number of hosts, 1 to ${MAX_HOSTS}; default 1.` },
    placement: { enum: ['blocked', 'spread'], default: 'blocked', description: 'Where a round runs: blocked (one host) or spread.' },
    vcpus: { type: 'number', exclusiveMinimum: 0, maximum: 64, default: 2, description: 'CPUs of a function with 3008 MB; default 2.' },
    tier: { enum: ['privileged', 'rootless', 'plain'], description: 'privileged, rootless or plain; default the first that works here.' },
    runner: { enum: ['process', 'docker'], default: 'process', description: 'What runs the agents: process or docker; default process.' },
  },
  additionalProperties: false,
}

/**
 * Checks the options of {@link local}.
 * @throws InputError `INVALID_OPTION`, `MISSING_OPTION`, `UNKNOWN_OPTION`
 */
export function checkLocalOptions(options: LocalOptions): Settings {
  const settings = checkOptions<Settings>('local()', options, SCHEMA)
  const { sharing, uplinkBitsPerSecond, capBitsPerSecond, runner, tier } = settings
  if (runner === 'docker' && tier !== undefined && tier !== 'privileged') {
    throw new InputError('INVALID_OPTION', `local(): runner "docker" is not possible with tier "${tier}", only with "privileged".`, {
      hint: 'Leave "tier" out, or use the runner "process".',
    })
  }
  if (sharing !== 'none' && uplinkBitsPerSecond === undefined) {
    throw new InputError('MISSING_OPTION', `local(): "uplinkBitsPerSecond" is missing, and sharing "${sharing}" needs it.`, {
      hint: 'Give the rate of the uplink in bits per second, for example 600e6, or sharing "none".',
    })
  }
  if (sharing === 'capped') checkCap(capBitsPerSecond, uplinkBitsPerSecond)
  else if (capBitsPerSecond !== undefined) {
    throw new InputError('INVALID_OPTION', `local(): "capBitsPerSecond" has no meaning with sharing "${sharing}".`, {
      hint: 'Remove it, or use sharing "capped".',
    })
  }
  if (sharing === 'fifo' || sharing === 'capped') return { ...settings, queueMs: settings.queueMs ?? DEFAULT_QUEUE_MS }
  if (settings.queueMs === undefined) return settings
  throw new InputError('INVALID_OPTION', `local(): "queueMs" has no meaning with sharing "${sharing}": there is no queue for all.`, {
    hint: 'Remove it, or use sharing "fifo" or "capped".',
  })
}

function checkCap(cap: number | undefined, uplink: number | undefined): void {
  if (cap === undefined) {
    throw new InputError('MISSING_OPTION', 'local(): "capBitsPerSecond" is missing, and sharing "capped" needs it.', {
      hint: 'Give the limit per function in bits per second, for example 20e6.',
    })
  }
  if (uplink !== undefined && cap > uplink) {
    throw new InputError(
      'INVALID_OPTION',
      `local(): "capBitsPerSecond" is ${cap}, more than the uplink of ${uplink}: it would never be felt.`,
      {
        hint: 'Give a cap of at most "uplinkBitsPerSecond".',
      },
    )
  }
}
