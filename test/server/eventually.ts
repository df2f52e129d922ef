/** Tries until it succeeds; after the deadline the last error counts. */
export async function eventually<T>(attempt: () => T | Promise<T>, deadlineMs: number): Promise<T> {
  const until = performance.now() + deadlineMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}
