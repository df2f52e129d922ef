import type { SocketHandle } from '../socket-handle.ts'
import { IperfError, Refusal } from './refusal.ts'
import { TestSession, type TestSurroundings } from './test-session.ts'

/** All tests of one process, by cookie. */
export class Tests {
  readonly #sessions = new Map<string, TestSession>()
  readonly #surroundings: TestSurroundings
  readonly #ended: (cookie: string) => void

  /** @param ended - told once for each test, when nothing of it is left */
  constructor(surroundings: TestSurroundings, ended: (cookie: string) => void) {
    this.#surroundings = surroundings
    this.#ended = ended
  }

  begin(cookie: string, control: SocketHandle): void {
    const session = new TestSession(control, this.#surroundings)
    this.#sessions.set(cookie, session)
    session.run().finally(() => {
      this.#sessions.delete(cookie)
      this.#ended(cookie)
    })
  }

  /** A data connection; without its test it is closed. */
  join(cookie: string, data: SocketHandle, order: number): void {
    const session = this.#sessions.get(cookie)
    if (session === undefined) data.close()
    else session.addStream(data, order)
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
