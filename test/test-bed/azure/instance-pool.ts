import { Instance, type InstanceLaunchOptions } from './instance.ts'

/** Memory of one region that the instances of all apps share. */
export interface MemoryQuota {
  readonly limitMb: number
  usedMb: number
}

export interface PoolOptions extends Omit<InstanceLaunchOptions, 'id'> {
  readonly maximumInstances: number
  readonly perInstanceConcurrency: number
  /** An instance that had nothing to do for so long is ended. */
  readonly idleMs: number
  readonly quota: MemoryQuota
  nextId(): string
  log(line: string): void
}

/** A place for one execution. */
export interface Slot {
  readonly instance: Promise<Instance>
  readonly cold: boolean
  release(): void
}

interface Member {
  readonly instance: Promise<Instance>
  active: number
  lastUsed: number
  idle?: NodeJS.Timeout
}

/** Instances of one version of an app: started when all are busy, kept warm, ended when outdated. */
export class InstancePool {
  readonly #options: PoolOptions
  readonly #members = new Set<Member>()
  #retired = false
  #uses = 0

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /** A place for one more execution, on the instance that was last used where several have room; undefined where no more may be started. */
  take(startDelayMs = 0): Slot | undefined {
    const { perInstanceConcurrency, maximumInstances, quota, memoryMb } = this.#options
    if (this.#retired) return undefined
    const warm = [...this.#members]
      .filter(({ active }) => active < perInstanceConcurrency)
      .sort((one, other) => other.lastUsed - one.lastUsed)[0]
    if (warm === undefined && (this.#members.size >= maximumInstances || quota.usedMb + memoryMb > quota.limitMb)) return undefined
    const member = warm ?? this.#add(startDelayMs)
    member.active += 1
    member.lastUsed = ++this.#uses
    clearTimeout(member.idle)
    let released = false
    const release = (): void => {
      if (released) return
      released = true
      member.active -= 1
      this.#rest(member)
    }
    return { instance: member.instance, cold: warm === undefined, release }
  }

  /** No more executions: idle instances end now, busy ones after what they do. */
  retire(): void {
    this.#retired = true
    for (const member of this.#members) if (member.active === 0) void this.#end(member)
  }

  /** Ends all at once. */
  async close(): Promise<void> {
    this.#retired = true
    await Promise.all([...this.#members].map((member) => this.#end(member)))
  }

  get size(): number {
    return this.#members.size
  }

  #add(startDelayMs: number): Member {
    const { quota, memoryMb } = this.#options
    quota.usedMb += memoryMb
    const started = pause(startDelayMs).then(() => Instance.start({ ...this.#options, id: this.#options.nextId() }, this.#options.log))
    const member: Member = { instance: started, active: 0, lastUsed: 0 }
    this.#members.add(member)
    started.then(
      (instance) => void instance.ended.then(() => this.#forget(member)),
      () => this.#forget(member),
    )
    return member
  }

  #rest(member: Member): void {
    if (member.active > 0 || !this.#members.has(member)) return
    if (this.#retired) void this.#end(member)
    else member.idle = setTimeout(() => void this.#end(member), this.#options.idleMs).unref()
  }

  async #end(member: Member): Promise<void> {
    clearTimeout(member.idle)
    await member.instance.then(
      (instance) => instance.kill(),
      () => {},
    )
    this.#forget(member)
  }

  #forget(member: Member): void {
    clearTimeout(member.idle)
    if (this.#members.delete(member)) this.#options.quota.usedMb -= this.#options.memoryMb
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => (ms === 0 ? resolve() : setTimeout(resolve, ms)))
