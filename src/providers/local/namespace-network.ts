import pLimit from 'p-limit'
import { SERVER_ADDRESS } from './addresses.ts'
import { type Ground, runBatch, runHostCommand } from './host-command.ts'
import type { LabNetwork } from './lab-network.ts'
import type { Settings } from './options.ts'
import { Places } from './places.ts'
import { settleAll } from './settle-all.ts'
import { ownShaping, packetLimit, sandboxShaping, uplinkShaping } from './shaping.ts'
import {
  hostLines,
  hostNamespace,
  hostRouteLines,
  plugLines,
  type SandboxPlace,
  sandboxLines,
  serverLines,
  serverNamespace,
  unplugLines,
} from './topology.ts'

/** More processes at once only wait for each other. */
const PROCESSES_AT_ONCE = 4

/** The lab's network: hosts behind their uplinks, one server, sandboxes that come and go. */
export class NamespaceNetwork implements LabNetwork {
  readonly serverAddress: string = SERVER_ADDRESS
  readonly #run: string
  readonly #ground: Ground
  readonly #settings: Settings
  readonly #limit = pLimit(PROCESSES_AT_ONCE)
  /** Changes of the network, one at a time: the guarantees of `fair` depend on who is there. */
  readonly #turn = pLimit(1)
  readonly #places: Places
  /** Indices that ever were in use, on each host. */
  readonly #known: readonly Set<number>[]

  constructor(run: string, settings: Settings, ground: Ground) {
    this.#run = run
    this.#ground = ground
    this.#settings = settings
    this.#places = new Places(run, settings.hosts)
    this.#known = Array.from({ length: settings.hosts }, () => new Set<number>())
  }

  occupied(host: number): number {
    return this.#places.occupied(host)
  }

  async build(): Promise<void> {
    const hosts = Array.from({ length: this.#settings.hosts }, (_, host) => ({ host, namespace: hostNamespace(this.#run, host) }))
    const ground = this.#ground
    await this.#batch(
      'ip',
      [serverNamespace(this.#run), ...hosts.map(({ namespace }) => namespace)].map((name) => `netns add ${name}`),
    )
    await this.#all(hosts, ({ host, namespace }) => this.#batch('ip', hostLines(this.#run, host), namespace))
    await this.#batch('ip', serverLines(hosts.length, packetLimit(this.#settings)), serverNamespace(this.#run))
    await this.#all(hosts, async ({ host, namespace }) => {
      await this.#batch('ip', hostRouteLines(host), namespace)
      const forward = 'echo 1 > /proc/sys/net/ipv4/ip_forward'
      await runHostCommand('nsenter', [`--net=/run/netns/${namespace}`, 'sh', '-c', forward], { ground })
      await this.#batch('tc', uplinkShaping(this.#settings), namespace)
    })
  }

  add(counts: readonly number[], makeNamespaces: (places: readonly SandboxPlace[]) => Promise<void>): Promise<SandboxPlace[]> {
    return this.#turn(async () => {
      const added = counts.map((count, host) => this.#places.reserve(host, count))
      try {
        await makeNamespaces(added.flat())
        await this.#connect(added)
      } catch (error) {
        await this.#unmake(added.flat())
        throw error
      }
      return added.flat()
    })
  }

  remove(places: readonly SandboxPlace[]): Promise<void> {
    return this.#turn(() => this.#unmake(places))
  }

  async #connect(added: readonly (readonly SandboxPlace[])[]): Promise<void> {
    await this.#all(added, (places, host) => this.#plug(host, places))
    await this.#all(added.flat(), async (place) => {
      await this.#batch('ip', sandboxLines(place, packetLimit(this.#settings)), place.namespace)
      await this.#batch('tc', ownShaping(this.#settings), place.namespace)
    })
  }

  async #unmake(places: readonly SandboxPlace[]): Promise<void> {
    const hosts = [...new Set(places.map(({ host }) => host))]
    await this.#all(hosts, (host) => {
      const lines = unplugLines(places.filter((place) => place.host === host))
      return runBatch('ip', lines, { namespace: hostNamespace(this.#run, host), force: true, ground: this.#ground }).catch(() => {})
    })
    const namespaces = places.map(({ namespace }) => `netns del ${namespace}`)
    await runBatch('ip', namespaces, { force: true, ground: this.#ground }).catch(() => {})
    this.#places.release(places)
  }

  async #plug(host: number, places: readonly SandboxPlace[]): Promise<void> {
    const namespace = hostNamespace(this.#run, host)
    const known = this.#known[host] ?? new Set()
    await this.#batch('ip', places.flatMap(plugLines), namespace)
    if (places.length > 0) await this.#batch('tc', sandboxShaping(this.#settings, places, known), namespace)
    for (const { index } of places) known.add(index)
  }

  #batch(program: 'ip' | 'tc', lines: readonly string[], namespace?: string): Promise<void> {
    return runBatch(program, lines, { ground: this.#ground, ...(namespace !== undefined && { namespace }) })
  }

  async #all<Item>(items: readonly Item[], work: (item: Item, index: number) => Promise<void>): Promise<void> {
    await settleAll(items.map((item, index) => this.#limit(work, item, index)))
  }
}
