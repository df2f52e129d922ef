import type { Deployment } from '../providers/provider.ts'
import type { LoadReading } from './round-load.ts'
import { readHealth, type WatchedTarget } from './target-health.ts'

/** Readings of the load while a round runs. */
export interface LoadWatch {
  /** Ends it and gives all readings, in order. */
  stop(): Promise<readonly LoadReading[]>
}

const intervalMs = 250

/** Reads the load of all targets and of the host now and every 250 ms, until stopped. */
export function watchLoad(targets: readonly WatchedTarget[], deployment: Deployment): LoadWatch {
  const readings: LoadReading[] = []
  const stopped = new AbortController()
  const watching = watch()
  return {
    stop: async () => {
      stopped.abort()
      await watching
      return readings
    },
  }

  async function watch(): Promise<void> {
    while (!stopped.signal.aborted) {
      const hostCpu = deployment.hostCpu?.()
      const healths = await Promise.all(targets.map((target) => readHealth(target)))
      // The first target is the common clock; without it nothing can be placed in time.
      const atMs = healths[0]?.epochMs
      if (atMs !== undefined) readings.push({ targets: healths, hostCpu, atMs })
      await pause()
    }
  }

  function pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const done = () => {
      clearTimeout(timer)
      stopped.signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, intervalMs)
    stopped.signal.addEventListener('abort', done)
    if (stopped.signal.aborted) done()
    return promise
  }
}
