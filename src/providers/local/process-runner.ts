import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { DeployRequest } from '../provider.ts'
import { type AgentChild, spawnInside } from './agent-child.ts'
import { type Cgroup, makeGroup, makeRunGroup } from './cgroup.ts'
import type { CgroupPlace } from './cgroup-place.ts'
import { type Ground, runBatch } from './host-command.ts'
import { recordRun, removeGroups } from './leftovers.ts'
import type { Settings } from './options.ts'
import type { Runner } from './runner.ts'
import { limitsOf, nodeFlags } from './sandbox-limits.ts'
import { type SandboxPlace, serverNamespace } from './topology.ts'

const UNLIMITED: Cgroup = { directories: [], oomKills: () => 0 }

/** Agents as plain processes, each in a network namespace, and in a cgroup where there are cgroups. */
export class ProcessRunner implements Runner {
  readonly #run: string
  readonly #settings: Settings
  readonly #ground: Ground
  readonly #groups: CgroupPlace | undefined
  readonly #made = new Map<string, readonly string[]>()

  /** @param groups - where to make cgroups; without it functions have no limits */
  constructor(run: string, settings: Settings, { ground, groups }: { readonly ground: Ground; readonly groups?: CgroupPlace }) {
    this.#run = run
    this.#settings = settings
    this.#ground = ground
    this.#groups = groups
  }

  async open(): Promise<void> {
    if (this.#groups === undefined) return
    const { cpu, memory } = this.#groups
    recordRun(this.#run, { groups: [join(cpu, this.#run), join(memory, this.#run)] })
    makeRunGroup(this.#groups, this.#run)
  }

  startTarget(command: readonly string[]): AgentChild {
    const groups = this.#groups === undefined ? [] : makeGroup(this.#groups, this.#run, 'target').directories
    return spawnInside({ run: this.#run, ground: this.#ground, namespace: serverNamespace(this.#run), groups }, command)
  }

  makeNamespaces(places: readonly SandboxPlace[]): Promise<void> {
    const lines = places.map(({ namespace }) => `netns add ${namespace}`)
    return runBatch('ip', lines, { ground: this.#ground })
  }

  agentPlace(place: SandboxPlace, { memoryMb, agent }: DeployRequest): ReturnType<Runner['agentPlace']> {
    const { bundle, ...config } = agent
    const { directories, oomKills } = this.#group(place, memoryMb)
    this.#made.set(place.namespace, directories)
    const surroundings = { run: this.#run, ground: this.#ground, namespace: place.namespace, groups: directories }
    const command = [process.execPath, ...nodeFlags(memoryMb), bundle]
    const environment = { NETFAIR_AGENT: JSON.stringify(config) }
    return { label: `host-${place.host}/${place.index}`, start: () => spawnInside(surroundings, command, environment), oomKills }
  }

  async remove(places: readonly SandboxPlace[]): Promise<void> {
    const groups = places.flatMap(({ namespace }) => this.#made.get(namespace) ?? [])
    await removeGroups(this.#run, groups)
    for (const { namespace } of places) this.#made.delete(namespace)
  }

  #group(place: SandboxPlace, memoryMb: number): Cgroup {
    if (this.#groups === undefined) return UNLIMITED
    const limits = limitsOf(memoryMb, this.#settings.vcpus, { cores: availableParallelism() })
    return makeGroup(this.#groups, this.#run, `h${place.host}-s${place.index}`, limits)
  }
}
