/** Why an invocation ends before it is answered. */
export type EarlyEnd = 'disposed' | 'aborted' | 'late'

/** What ends invocations early; one controller each, which costs a fraction of `AbortSignal.any` with a timeout. */
export class InvocationEnds {
  readonly #underWay = new Set<AbortController>()

  /**
   * Runs one invocation with a signal that is aborted after so many milliseconds, by the caller's signal, or by {@link endAll}; its reason is
   * an {@link EarlyEnd}.
   */
  async during<Value>(ms: number, aborting: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    const controller = new AbortController()
    const end = (why: EarlyEnd) => (): void => controller.abort(why)
    const abort = end('aborted')
    const timer = setTimeout(end('late'), ms)
    aborting?.addEventListener('abort', abort, { once: true })
    if (aborting?.aborted) abort()
    this.#underWay.add(controller)
    try {
      return await work(controller.signal)
    } finally {
      this.#underWay.delete(controller)
      aborting?.removeEventListener('abort', abort)
      clearTimeout(timer)
    }
  }

  endAll(): void {
    for (const controller of this.#underWay) controller.abort('disposed' satisfies EarlyEnd)
  }
}
