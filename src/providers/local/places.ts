import { type SandboxPlace, sandboxNamespace } from './topology.ts'

/** Which sandboxes there are on each host. */
export class Places {
  readonly #run: string
  /** Indices in use. */
  readonly #used: readonly Set<number>[]

  constructor(run: string, hosts: number) {
    this.#run = run
    this.#used = Array.from({ length: hosts }, () => new Set<number>())
  }

  /** How many there are on a host. */
  occupied(host: number): number {
    return this.#used[host]?.size ?? 0
  }

  /** Takes the lowest free indices. */
  reserve(host: number, count: number): SandboxPlace[] {
    const used = this.#used[host] ?? new Set()
    const places: SandboxPlace[] = []
    for (let index = 0; places.length < count; index++) {
      if (used.has(index)) continue
      used.add(index)
      places.push({ host, index, namespace: sandboxNamespace(this.#run, host, index) })
    }
    return places
  }

  release(places: readonly SandboxPlace[]): void {
    for (const { host, index } of places) this.#used[host]?.delete(index)
  }
}
