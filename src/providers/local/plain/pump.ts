import type { Shaper } from './shaper.ts'
import type { Source } from './turns.ts'

/** How long tokens are waited for: the finest that timers give. */
const TICK_MS = 1

/** Runs a shaper on the event loop for as long as anyone waits. */
export class Pump {
  readonly #shaper: Shaper
  #running = false

  constructor(shaper: Shaper) {
    this.#shaper = shaper
  }

  /** As {@link Shaper.join}. */
  join(): (connection: Source) => void {
    const add = this.#shaper.join(performance.now())
    return (connection) => {
      add(connection)
      if (this.#running) return
      this.#running = true
      setImmediate(this.#pass)
    }
  }

  readonly #pass = (): void => {
    const outcome = this.#shaper.pass(performance.now())
    this.#running = outcome !== 'idle'
    if (outcome === 'more') setImmediate(this.#pass)
    if (outcome === 'short') setTimeout(this.#pass, TICK_MS)
  }
}
