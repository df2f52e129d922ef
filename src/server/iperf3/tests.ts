import type { SocketHandle } from '../socket-handle.ts'
import { IperfError, Refusal } from './refusal.ts'
import { TestSession, type TestSurroundings } from './test-session.ts'

/** Who hears of the tests of one process; each is told at most once for each test. */
export interface TestsObserver {
  /** The client may run it, and its parameters are accepted. */
  agreed(cookie: string): void
  /** Nothing of it is left. */
  ended(cookie: string): void
}

/** All tests of one process, by cookie. */
export class Tests {
  readonly #sessions = new Map<string, TestSession>()
  readonly #surroundings: TestSurroundings
  readonly #observer: TestsObserver

  constructor(surroundings: TestSurroundings, observer: TestsObserver) {
    this.#surroundings = surroundings
    this.#observer = observer
  }

  begin(cookie: string, control: SocketHandle): void {
    const session = new TestSession(control, this.#surroundings, () => this.#observer.agreed(cookie))
    this.#sessions.set(cookie, session)
    session.run().finally(() => {
      this.#sessions.delete(cookie)
      this.#observer.ended(cookie)
    })
  }

  /** A data connection; without its test it is closed. */
  join(cookie: string, data: SocketHandle, order: number): void {
    const session = this.#sessions.get(cookie)
    if (session === undefined) data.close()
    else session.addStream(data, order)
  }

  /** Ends a test; its client is only dropped. */
  drop(cookie: string): void {
    this.#sessions.get(cookie)?.drop()
  }

  /** Ends the test that has moved most. */
  shed(): void {
    const [first] = [...this.#sessions.values()].sort((a, b) => b.bytes - a.bytes)
    first?.refuse(new Refusal(IperfError.totalRate))
  }

  /** Ends all, and tells their clients. */
  terminate(): void {
    for (const session of this.#sessions.values()) session.terminate()
  }
}
