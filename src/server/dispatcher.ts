import type { Socket } from 'node:net'
import { State } from '../probes/iperf3/wire.ts'
import { readCookie } from './cookie.ts'
import type { TargetLimits } from './limits.ts'
import { detachHandle, socketOn } from './socket-handle.ts'
import type { WorkerPool } from './worker-pool.ts'

/** Connections that have not told their cookie yet; for one more the oldest of them is closed: honest clients are quick. */
const MAX_UNKNOWN = 4096

/** Hands every connection to a worker: all connections of one iperf3 test to the same one. */
export class Dispatcher {
  readonly #pool: WorkerPool
  readonly #limits: TargetLimits
  /** In the order of acceptance. */
  readonly #unknown = new Set<AbortController>()
  #accepted = 0

  constructor(pool: WorkerPool, limits: TargetLimits) {
    this.#pool = pool
    this.#limits = limits
  }

  /** An unread connection on the HTTP port or the control socket. */
  http(socket: Socket): void {
    const handle = detachHandle(socket)
    const worker = this.#pool.next()
    if (worker === undefined) handle?.close()
    else if (handle !== undefined) this.#pool.send(worker, { kind: 'http' }, handle)
  }

  /** An unread connection on the iperf3 port: its cookie says where it belongs. */
  async iperf3(socket: Socket): Promise<void> {
    const order = this.#accepted++
    const unread = detachHandle(socket)
    if (unread === undefined) return
    const [oldest] = this.#unknown
    if (this.#unknown.size >= MAX_UNKNOWN) oldest?.abort()
    const waiting = new AbortController()
    this.#unknown.add(waiting)
    const introduced = await readCookie(unread, this.#limits.waitMs, waiting.signal)
    this.#unknown.delete(waiting)
    if (introduced === undefined) return
    const { cookie, handle } = introduced
    const owner = this.#pool.ownerOf(cookie)
    if (owner !== undefined) return this.#pool.send(owner, { kind: 'data', cookie, order }, handle)
    if (this.#pool.tests >= this.#limits.tests) this.#pool.dropUnagreed()
    const worker = this.#pool.tests < this.#limits.tests ? this.#pool.leastLoaded() : undefined
    if (worker === undefined)
      return void socketOn(handle)
        .end(Uint8Array.of(State.accessDenied & 0xff))
        .destroySoon()
    this.#pool.begin(worker, cookie, handle)
  }

  /** Closes all connections that nobody has yet. */
  close(): void {
    for (const waiting of this.#unknown) waiting.abort()
  }
}
