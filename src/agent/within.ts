/**
 * Settles like `work`, or rejects with the signal's reason as soon as it is aborted, whatever `work` does then.
 *
 * What `work` does later is ignored.
 */
export function within<Value>(signal: AbortSignal, work: Promise<Value> | Value): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Resolves after `ms`; rejects with the signal's reason when it is aborted before. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const woken = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  return within(signal, woken).finally(() => clearTimeout(timer))
}
