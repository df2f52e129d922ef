import { availableParallelism } from 'node:os'
import { type AgentChild, spawnInside } from '../../src/providers/local/agent-child.ts'
import { makeGroup } from '../../src/providers/local/cgroup.ts'
import type { CgroupPlace } from '../../src/providers/local/cgroup-place.ts'
import { HOST } from '../../src/providers/local/host-command.ts'
import { Lab } from '../../src/providers/local/lab.ts'
import { removeGroups } from '../../src/providers/local/leftovers.ts'
import { NamespaceNetwork } from '../../src/providers/local/namespace-network.ts'
import type { Settings } from '../../src/providers/local/options.ts'
import { ProcessRunner } from '../../src/providers/local/process-runner.ts'
import { newRunName } from '../../src/providers/local/run-name.ts'
import { limitsOf } from '../../src/providers/local/sandbox-limits.ts'
import { chooseTier } from '../../src/providers/local/tier-choice.ts'
import type { SandboxPlace } from '../../src/providers/local/topology.ts'
import type { RunningTarget, TargetLaunch } from '../../src/providers/provider.ts'
import type { InstanceLaunch } from './instance-host.ts'

/** A local lab in which any program can be started, each in a sandbox of its own that goes with it. */
export class ShapedLab {
  readonly #run = newRunName()
  readonly #settings: Settings
  readonly #groups: CgroupPlace
  readonly #network: NamespaceNetwork
  readonly #runner: ProcessRunner
  readonly #lab: Lab
  readonly #starting = new Set<Promise<unknown>>()
  readonly #wanted: { resolve(place: SandboxPlace): void; reject(error: unknown): void }[] = []
  readonly #living = new Set<Promise<unknown>>()
  #making = Promise.resolve()
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
    const place = await this.#place()
    const groups = this.#groupOf(place, launch.memoryMb)
    const surroundings = { run: this.#run, ground: HOST, namespace: place.namespace, groups }
    const child = spawnInside(surroundings, launch.command, launch.environment)
    void tracked(this.#living, this.#untilGone(child, place, groups))
    return child
  }

  /** A sandbox. Those that are asked for while others are being made are made together: one by one they would take as long as a round. */
  #place(): Promise<SandboxPlace> {
    const { promise, resolve, reject } = Promise.withResolvers<SandboxPlace>()
    this.#wanted.push({ resolve, reject })
    this.#making = this.#making.then(() => this.#makeWanted())
    return promise
  }

  async #makeWanted(): Promise<void> {
    const wanted = this.#wanted.splice(0)
    if (wanted.length === 0) return
    try {
      const places = await this.#network.add(this.#spread(wanted.length), (added) => this.#runner.makeNamespaces(added))
      for (const [index, place] of places.entries()) wanted[index]?.resolve(place)
    } catch (error) {
      for (const { reject } of wanted) reject(error)
    }
  }

  /** So many sandboxes more on each host, the emptiest first. */
  #spread(count: number): number[] {
    const occupied = Array.from({ length: this.#settings.hosts }, (_, host) => this.#network.occupied(host))
    const added = occupied.map(() => 0)
    for (let left = count; left > 0; left--) {
      const totals = occupied.map((sandboxes, host) => sandboxes + (added[host] ?? 0))
      const emptiest = totals.indexOf(Math.min(...totals))
      added[emptiest] = (added[emptiest] ?? 0) + 1
    }
    return added
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
