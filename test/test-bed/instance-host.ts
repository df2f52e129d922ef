import { type AgentChild, spawnTagged } from '../../src/providers/local/agent-child.ts'
import { removeRun } from '../../src/providers/local/leftovers.ts'
import { checkLocalOptions } from '../../src/providers/local/options.ts'
import { newRunName } from '../../src/providers/local/run-name.ts'
import { nodeFlags } from '../../src/providers/local/sandbox-limits.ts'
import type { LocalOptions } from '../../src/providers/local.ts'
import type { TargetPlace } from '../../src/providers/provider.ts'
import { ShapedLab } from './shaped-lab.ts'

/** Where a test bed starts its instances: on loopback, or each in a sandbox behind the shaped uplink of a local lab. */
export interface InstanceHost extends AsyncDisposable {
  /**
   * Starts a program; what starts it talks to it by Unix sockets (paths cross network namespaces, ports do not). `kill()` ends also what it
   * has started. All are ended when the host is disposed.
   */
  start(launch: InstanceLaunch): Promise<AgentChild>
}

export interface InstanceLaunch {
  readonly command: readonly string[]
  /** Besides it there are `PATH`, `NETFAIR_RUN` and the heap's limit in `NODE_OPTIONS`, before those given here. */
  readonly environment: Readonly<Record<string, string>>
  readonly memoryMb: number
}

/** An {@link InstanceHost} behind an uplink of known rate. */
export interface ShapedHost extends InstanceHost {
  /** Starts the lab with its target; instances live in the latest one, and end with it. */
  readonly targetPlace: TargetPlace
}

/** Instances as plain processes. */
export function loopbackHost(): InstanceHost {
  const run = newRunName()
  return {
    async start(launch) {
      return spawnTagged(run, launch.command, environmentOf(launch))
    },
    async [Symbol.asyncDispose]() {
      await removeRun(run)
    },
  }
}

/** Instances in the sandboxes of a local lab (tier `privileged`): CPU, memory and network as those of `local(options)`. */
export function shapedHost(options: LocalOptions): ShapedHost {
  const settings = checkLocalOptions({ ...options, tier: 'privileged' })
  let latest: ShapedLab | undefined
  return {
    targetPlace: {
      async start(launch) {
        const lab = new ShapedLab(settings)
        const running = await lab.open(launch)
        latest = lab
        return running
      },
    },
    async start(launch) {
      if (latest === undefined) throw new Error('an instance before targetPlace.start(): there is no uplink to put it behind')
      return latest.start({ ...launch, environment: environmentOf(launch) })
    },
    async [Symbol.asyncDispose]() {
      await latest?.close()
    },
  }
}

function environmentOf({ environment, memoryMb }: InstanceLaunch): Record<string, string> {
  const options = [...nodeFlags(memoryMb), environment['NODE_OPTIONS']].filter((option) => option !== undefined)
  return { ...environment, NODE_OPTIONS: options.join(' ') }
}
