/**
 * Waits; ends at once when it is aborted.
 * @throws the signal's reason where it was aborted before
 */
export function rest(restMs: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  if (restMs === 0) return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', done)
    resolve()
  }
  const timer = setTimeout(done, restMs)
  signal?.addEventListener('abort', done)
  return promise
}
