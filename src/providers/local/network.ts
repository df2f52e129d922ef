import pLimit from 'p-limit'
import { runBatch, runHostCommand } from './host-command.ts'
import type { Settings } from './options.ts'
import { ownShaping, packetLimit, sandboxShaping, uplinkShaping } from './shaping.ts'
import {
  hostLines,
  hostNamespace,
  hostRouteLines,
  plugLines,
  type SandboxPlace,
  sandboxLines,
  sandboxNamespace,
  serverLines,
  serverNamespace,
  unplugLines,
} from './topology.ts'

/** More processes at once only wait for each other. */
const PROCESSES_AT_ONCE = 4

/** The lab's network: hosts behind their uplinks, one server, sandboxes that come and go. */
export class Network {
  readonly #run: string
  readonly #settings: Settings
  readonly #limit = pLimit(PROCESSES_AT_ONCE)
  /** Changes of the network, one at a time: the guarantees of `fair` depend on who is there. */
  readonly #turn = pLimit(1)
  /** Indices in use on each host, and those that ever were. */
  readonly #used: readonly Set<number>[]
  readonly #known: readonly Set<number>[]

  constructor(run: string, settings: Settings) {
    this.#run = run
    this.#settings = settings
    this.#used = Array.from({ length: settings.hosts }, () => new Set<number>())
    this.#known = Array.from({ length: settings.hosts }, () => new Set<number>())
  }

  /** How many sandboxes a host has. */
  occupied(host: number): number {
    return this.#used[host]?.size ?? 0
  }

  /** Makes hosts and server, without sandboxes. */
  async build(): Promise<void> {
    const hosts = Array.from({ length: this.#settings.hosts }, (_, host) => ({ host, namespace: hostNamespace(this.#run, host) }))
    await runBatch(
      'ip',
      [serverNamespace(this.#run), ...hosts.map(({ namespace }) => namespace)].map((name) => `netns add ${name}`),
    )
    await this.#all(hosts, ({ host, namespace }) => runBatch('ip', hostLines(this.#run, host), { namespace }))
    await runBatch('ip', serverLines(hosts.length, packetLimit(this.#settings)), { namespace: serverNamespace(this.#run) })
    await this.#all(hosts, async ({ host, namespace }) => {
      await runBatch('ip', hostRouteLines(host), { namespace })
      await runHostCommand('nsenter', [`--net=/run/netns/${namespace}`, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'])
      await runBatch('tc', uplinkShaping(this.#settings), { namespace })
    })
  }

  /** Adds sandboxes, `counts[host]` on each host. */
  add(counts: readonly number[]): Promise<SandboxPlace[]> {
    return this.#turn(async () => {
      const added = counts.map((count, host) => this.#reserve(host, count))
      try {
        await this.#make(added)
      } catch (error) {
        await this.#unmake(added.flat())
        throw error
      }
      return added.flat()
    })
  }

  /** Removes sandboxes; what is gone already is fine. */
  remove(places: readonly SandboxPlace[]): Promise<void> {
    return this.#turn(() => this.#unmake(places))
  }

  async #make(added: readonly (readonly SandboxPlace[])[]): Promise<void> {
    const namespaces = added.flat().map(({ namespace }) => `netns add ${namespace}`)
    await runBatch('ip', namespaces)
    await this.#all(added, (places, host) => this.#plug(host, places))
    await this.#all(added.flat(), async (place) => {
      await runBatch('ip', sandboxLines(place, packetLimit(this.#settings)), { namespace: place.namespace })
      await runBatch('tc', ownShaping(this.#settings), { namespace: place.namespace })
    })
  }

  async #unmake(places: readonly SandboxPlace[]): Promise<void> {
    const hosts = [...new Set(places.map(({ host }) => host))]
    await this.#all(hosts, (host) => {
      const lines = unplugLines(places.filter((place) => place.host === host))
      return runBatch('ip', lines, { namespace: hostNamespace(this.#run, host), force: true }).catch(() => {})
    })
    const namespaces = places.map(({ namespace }) => `netns del ${namespace}`)
    await runBatch('ip', namespaces, { force: true }).catch(() => {})
    for (const { host, index } of places) this.#used[host]?.delete(index)
  }

  async #plug(host: number, places: readonly SandboxPlace[]): Promise<void> {
    const namespace = hostNamespace(this.#run, host)
    const known = this.#known[host] ?? new Set()
    await runBatch('ip', places.flatMap(plugLines), { namespace })
    if (places.length > 0) await runBatch('tc', sandboxShaping(this.#settings, places, known), { namespace })
    for (const { index } of places) known.add(index)
  }

  /** Takes the lowest free indices. */
  #reserve(host: number, count: number): SandboxPlace[] {
    const used = this.#used[host] ?? new Set()
    const places: SandboxPlace[] = []
    for (let index = 0; places.length < count; index++) {
      if (used.has(index)) continue
      used.add(index)
      places.push({ host, index, namespace: sandboxNamespace(this.#run, host, index) })
    }
    return places
  }

  /** Waits for all, also when one fails: nothing of ours may still be at work when the lab is removed. */
  async #all<Item>(items: readonly Item[], work: (item: Item, index: number) => Promise<void>): Promise<void> {
    const outcomes = await Promise.allSettled(items.map((item, index) => this.#limit(work, item, index)))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
}
