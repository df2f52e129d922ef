import { availableParallelism } from 'node:os'
import { type AgentChild, spawnInside, spawnTagged } from '../../src/providers/local/agent-child.ts'
import { makeGroup } from '../../src/providers/local/cgroup.ts'
import type { CgroupPlace } from '../../src/providers/local/cgroup-place.ts'
import { HOST } from '../../src/providers/local/host-command.ts'
import { Lab } from '../../src/providers/local/lab.ts'
import { removeGroups, removeRun } from '../../src/providers/local/leftovers.ts'
import { NamespaceNetwork } from '../../src/providers/local/namespace-network.ts'
import { checkLocalOptions, type Settings } from '../../src/providers/local/options.ts'
import { ProcessRunner } from '../../src/providers/local/process-runner.ts'
import { newRunName } from '../../src/providers/local/run-name.ts'
import { limitsOf, nodeFlags } from '../../src/providers/local/sandbox-limits.ts'
import { chooseTier } from '../../src/providers/local/tier-choice.ts'
import type { SandboxPlace } from '../../src/providers/local/topology.ts'
import type { LocalOptions } from '../../src/providers/local.ts'
import type { RunningTarget, TargetLaunch, TargetPlace } from '../../src/providers/provider.ts'

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
      return latest.start(launch)
    },
    async [Symbol.asyncDispose]() {
      await latest?.close()
    },
  }
}

class ShapedLab {
  readonly #run = newRunName()
  readonly #settings: Settings
  readonly #groups: CgroupPlace
  readonly #network: NamespaceNetwork
  readonly #runner: ProcessRunner
  readonly #lab: Lab
  readonly #starting = new Set<Promise<unknown>>()
  readonly #living = new Set<Promise<unknown>>()
  #closed = false

  constructor(settings: Settings) {
    const { cgroups } = chooseTier(settings)
    if (cgroups === undefined) throw new Error('no cgroups on this host')
    this.#settings = settings
    this.#groups = cgroups
    this.#network = new NamespaceNetwork(this.#run, settings, HOST)
    this.#runner = new ProcessRunner(this.#run, settings, { ground: HOST, groups: cgroups })
    this.#lab = new Lab(this.#run, settings, { network: this.#network, runner: this.#runner })
  }

  async open(launch: TargetLaunch): Promise<RunningTarget> {
    return { ...(await this.#lab.start(launch)), [Symbol.asyncDispose]: () => this.close() }
  }

  /** Ends the instances and all else of the lab. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#starting)
    await this.#lab.dispose()
    await Promise.all(this.#living)
  }

  start(launch: InstanceLaunch): Promise<AgentChild> {
    if (this.#closed) throw new Error('an instance after the end of its lab')
    return tracked(this.#starting, this.#start(launch))
  }

  async #start(launch: InstanceLaunch): Promise<AgentChild> {
    const [place] = await this.#network.add(this.#emptiest(), (added) => this.#runner.makeNamespaces(added))
    if (place === undefined) throw new Error('no sandbox')
    const groups = this.#groupOf(place, launch.memoryMb)
    const surroundings = { run: this.#run, ground: HOST, namespace: place.namespace, groups }
    const child = spawnInside(surroundings, launch.command, environmentOf(launch))
    void tracked(this.#living, this.#untilGone(child, place, groups))
    return child
  }

  /** One sandbox, on the host that has fewest. */
  #emptiest(): number[] {
    const occupied = Array.from({ length: this.#settings.hosts }, (_, host) => this.#network.occupied(host))
    const host = occupied.indexOf(Math.min(...occupied))
    return occupied.map((_, index) => (index === host ? 1 : 0))
  }

  #groupOf(place: SandboxPlace, memoryMb: number): readonly string[] {
    const limits = limitsOf(memoryMb, this.#settings.vcpus, { cores: availableParallelism() })
    return makeGroup(this.#groups, this.#run, `h${place.host}-s${place.index}`, limits).directories
  }

  async #untilGone(child: AgentChild, place: SandboxPlace, groups: readonly string[]): Promise<void> {
    await child.ended
    await removeGroups(this.#run, groups)
    await this.#network.remove([place])
  }
}

/** In the set until it is settled. */
function tracked<Value>(set: Set<Promise<unknown>>, work: Promise<Value>): Promise<Value> {
  set.add(work)
  const forget = (): void => void set.delete(work)
  work.then(forget, forget)
  return work
}

function environmentOf({ environment, memoryMb }: InstanceLaunch): Record<string, string> {
  const options = [...nodeFlags(memoryMb), environment['NODE_OPTIONS']].filter((option) => option !== undefined)
  return { ...environment, NODE_OPTIONS: options.join(' ') }
}
