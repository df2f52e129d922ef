import { setTimeout as delay } from 'node:timers/promises'
import type { InstanceHost } from '../instance-host.ts'
import { Instance, type InstanceOrder } from './instance.ts'

/** What all instances of a revision have in common. */
export interface RevisionOrder {
  readonly name: string
  readonly concurrency: number
  readonly maxInstances: number
  readonly memoryMb: number
  readonly vcpus: number
  readonly timeoutSeconds: number
  readonly generation: 'GEN_1' | 'GEN_2'
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
}

export interface RevisionSurroundings {
  readonly host: InstanceHost
  /** What every instance finds in its environment beside what its function asks for. */
  readonly environment: Readonly<Record<string, string>>
  /** A new path for a Unix socket. */
  socketPath(): string
  /** How much longer the next instance takes to start, in milliseconds. */
  coldStartMs(): number
  /** How long a request waits for an instance where no more may be started. */
  readonly queueMs: number
}

export type NoInstance = 'no-available-instance' | 'start-failed'

/** No instance for a request. */
export class NoInstanceError extends Error {
  readonly why: NoInstance

  constructor(why: NoInstance) {
    super(why)
    this.why = why
  }
}

interface Waiting {
  give(instance: Instance): void
  refuse(why: NoInstance): void
}

/** One version of a function and its instances: kept warm, each with at most so many requests at once, and at most so many of them. */
export class Revision {
  readonly order: RevisionOrder
  readonly #surroundings: RevisionSurroundings
  readonly #instances = new Set<Instance>()
  readonly #queue: Waiting[] = []
  readonly #starts = new Set<Promise<unknown>>()
  #count = 0
  #retired = false

  constructor(order: RevisionOrder, surroundings: RevisionSurroundings) {
    this.order = order
    this.#surroundings = surroundings
  }

  get instances(): readonly Instance[] {
    return [...this.#instances]
  }

  /** Whether an instance can be started at all; that one stays. */
  async probe(): Promise<void> {
    const start = this.#start()
    this.#starts.add(start)
    await start.finally(() => this.#starts.delete(start))
  }

  /**
   * An instance for one request; to be given back by {@link release}.
   * @throws NoInstanceError
   */
  async acquire(): Promise<Instance> {
    const { promise, resolve, reject } = Promise.withResolvers<Instance>()
    const waiting: Waiting = { give: resolve, refuse: (why) => reject(new NoInstanceError(why)) }
    this.#queue.push(waiting)
    this.#serve()
    const placed = this.#queue.indexOf(waiting) < this.#starts.size
    const timer = placed ? undefined : setTimeout(() => this.#refuse(waiting, 'no-available-instance'), this.#surroundings.queueMs)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
    }
  }

  release(instance: Instance): void {
    instance.busy -= 1
    this.#serve()
    if (this.#retired && instance.busy === 0) void instance.kill()
  }

  /** Takes no new request; ends its instances when they are idle, or all at once. */
  async retire({ atOnce = false }: { readonly atOnce?: boolean } = {}): Promise<void> {
    this.#retired = true
    await Promise.allSettled(this.#starts)
    await Promise.all(this.instances.filter(({ busy }) => atOnce || busy === 0).map((instance) => instance.kill()))
  }

  #serve(): void {
    const free = (): Instance | undefined => this.instances.find(({ busy }) => busy < this.order.concurrency)
    for (let instance = free(); instance !== undefined && this.#queue.length > 0; instance = free()) {
      instance.busy += 1
      instance.served += 1
      this.#queue.shift()?.give(instance)
    }
    const room = (): boolean => this.#instances.size + this.#starts.size < this.order.maxInstances
    while (this.#queue.length > this.#starts.size && room()) this.#startOneMore()
  }

  #startOneMore(): void {
    const start = this.#start().catch(() => 'failed' as const)
    this.#starts.add(start)
    void start.then((outcome) => {
      this.#starts.delete(start)
      if (outcome === 'failed') this.#refuse(this.#queue[0], 'start-failed')
      this.#serve()
    })
  }

  async #start(): Promise<void> {
    await delay(this.#surroundings.coldStartMs())
    const { directory, memoryMb, name } = this.order
    const environment = { ...this.order.environment, ...this.#surroundings.environment }
    const socketPath = this.#surroundings.socketPath()
    const order: InstanceOrder = { id: `${name}/${++this.#count}`, directory, socketPath, environment, memoryMb }
    const instance = await Instance.start(this.#surroundings.host, order)
    this.#instances.add(instance)
    void instance.ended.then(() => {
      this.#instances.delete(instance)
      this.#serve()
    })
  }

  #refuse(waiting: Waiting | undefined, why: NoInstance): void {
    const index = waiting === undefined ? -1 : this.#queue.indexOf(waiting)
    if (index < 0) return
    this.#queue.splice(index, 1)
    waiting?.refuse(why)
  }
}
