import type { Target } from '../../../model/target.ts'
import type { LabNetwork } from '../lab-network.ts'
import type { Settings } from '../options.ts'
import { Places } from '../places.ts'
import { settleAll } from '../settle-all.ts'
import type { SandboxPlace } from '../topology.ts'
import { LOOPBACK } from './relay.ts'
import type { Policy } from './shaper.ts'
import { Uplink } from './uplink.ts'

/**
 * Loopback instead of a network. Between a function and the target stands an uplink in user space: a port of its own for each of the
 * target's two. Clock and rendezvous go to the target directly. Without a limit (`none`) there is nothing in between.
 */
export class PlainNetwork implements LabNetwork {
  readonly serverAddress: string = LOOPBACK
  readonly reachesServer = true
  readonly #settings: Settings
  readonly #places: Places
  readonly #seen = new Map<string, Target>()
  #uplink: Uplink | undefined
  #target: Target | undefined

  constructor(run: string, settings: Settings) {
    this.#settings = settings
    this.#places = new Places(run, settings.hosts)
  }

  async build(): Promise<void> {}

  async connect(target: Target): Promise<void> {
    const { hosts, sharing, uplinkBitsPerSecond, capBitsPerSecond } = this.#settings
    if (sharing === 'none' || uplinkBitsPerSecond === undefined) return
    const policy: Policy = { sharing, uplinkBitsPerSecond, ...(capBitsPerSecond !== undefined && { capBitsPerSecond }) }
    this.#target = target
    this.#uplink = new Uplink({ policy, hosts })
  }

  occupied(host: number): number {
    return this.#places.occupied(host)
  }

  async add(counts: readonly number[], makeNamespaces: (places: readonly SandboxPlace[]) => Promise<void>): Promise<SandboxPlace[]> {
    const added = counts.flatMap((count, host) => this.#places.reserve(host, count))
    try {
      await makeNamespaces(added)
      await settleAll(added.map((place) => this.#plug(place)))
    } catch (error) {
      await this.remove(added)
      throw error
    }
    return added
  }

  async remove(places: readonly SandboxPlace[]): Promise<void> {
    for (const { namespace } of places) {
      this.#uplink?.release(namespace)
      this.#seen.delete(namespace)
    }
    this.#places.release(places)
  }

  asSeenFrom({ namespace }: SandboxPlace, target: Target): Target {
    return this.#seen.get(namespace) ?? target
  }

  async close(): Promise<void> {
    await this.#uplink?.close()
  }

  async #plug({ namespace, host }: SandboxPlace): Promise<void> {
    if (this.#uplink === undefined || this.#target === undefined) return
    const targetPorts = [new URL(`tcp://${this.#target.iperf3}`), new URL(this.#target.http)].map(({ port }) => Number(port))
    const [iperf3, http] = await this.#uplink.open({ name: namespace, host, targetPorts })
    this.#seen.set(namespace, { ...this.#target, iperf3: `${LOOPBACK}:${iperf3}`, http: `http://${LOOPBACK}:${http}` })
  }
}
