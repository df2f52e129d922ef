import type { Download, DownloadFacts, DownloadOptions, DownloadTransfer } from '../model/capabilities.ts'
import type { Interval } from '../model/journal-record.ts'
import type { CommonMs } from '../model/units.ts'
import { ByteCounter } from './byte-counter.ts'
import { ByteRanges } from './byte-ranges.ts'
import { Completion } from './completion.ts'
import { type GetLog, HttpGetter } from './http-get.ts'

/** What a download needs of its agent. */
export interface DownloadSurroundings {
  /** Ends every wait; the reason is the error. */
  readonly signal: AbortSignal
  readonly now: () => CommonMs
  /** Whether a redirect may lead to an origin. */
  readonly isAllowed: (origin: string) => boolean
  /** Most bytes a read. */
  readonly readBytes?: number
}

/**
 * Opens the connections of a download, if it keeps them.
 * @throws MeasurementError `TARGET_UNREACHABLE`, `TLS_FAILED`, or the reason of the signal
 */
export async function openDownload(url: string, options: DownloadOptions, surroundings: DownloadSurroundings): Promise<Download> {
  const { headers = {}, token, parallel = 1, keepAlive = true, rangeBytes, ca } = options
  const { signal, isAllowed, readBytes } = surroundings
  const log: GetLog = { requests: 0, retries: 0, connectMs: [], firstByteMs: [] }
  const get = {
    url: new URL(url),
    headers,
    keepAlive,
    signal,
    isAllowed,
    ...(token !== undefined && { token }),
    ...(rangeBytes !== undefined && { ranges: new ByteRanges(rangeBytes) }),
    ...(ca !== undefined && { ca }),
    ...(readBytes !== undefined && { readBytes }),
  }
  const getters = Array.from({ length: parallel }, () => new HttpGetter(get, log))
  const close = (): void => {
    for (const getter of getters) getter.close()
  }
  signal.addEventListener('abort', close, { once: true })
  try {
    if (keepAlive) await Promise.all(getters.map((getter) => getter.connect()))
    signal.throwIfAborted()
  } catch (error) {
    close()
    throw signal.aborted ? signal.reason : error
  }
  return { start: () => new HttpDownload(getters, log, options, surroundings), close }
}

class HttpDownload implements DownloadTransfer {
  readonly #getters: readonly HttpGetter[]
  readonly #log: GetLog
  readonly #limitBytes: number
  readonly #counter: ByteCounter
  readonly #completion = new Completion()

  constructor(getters: readonly HttpGetter[], log: GetLog, options: DownloadOptions, { now, signal }: DownloadSurroundings) {
    this.#getters = getters
    this.#log = log
    this.#limitBytes = options.limitBytes ?? Number.POSITIVE_INFINITY
    this.#counter = new ByteCounter(now, options.intervalMs)
    signal.addEventListener('abort', () => this.#end(signal.reason), { once: true })
    if (signal.aborted) this.#end(signal.reason)
    for (const getter of getters) this.#repeat(getter).catch((error: unknown) => this.#end(error))
  }

  get bytes(): number {
    return this.#counter.bytes
  }

  get ended(): Promise<void> {
    return this.#completion.promise
  }

  intervals(): readonly Interval[] {
    return this.#counter.intervals()
  }

  facts(): DownloadFacts {
    const { requests, retries } = this.#log
    const connectMs = median(this.#log.connectMs)
    const firstByteMs = median(this.#log.firstByteMs)
    return { requests, retries, ...(connectMs !== undefined && { connectMs }), ...(firstByteMs !== undefined && { firstByteMs }) }
  }

  stop(): void {
    this.#end(undefined)
  }

  async #repeat(getter: HttpGetter): Promise<void> {
    const sink = (bytes: number): void => this.#add(bytes)
    while (!this.#counter.stopped) await getter.get(sink)
  }

  #add(bytes: number): void {
    this.#counter.add(Math.min(bytes, this.#limitBytes - this.#counter.bytes))
    if (this.#counter.bytes >= this.#limitBytes) this.stop()
  }

  /** The first call decides. What has not come by then is cut off. */
  #end(error: unknown): void {
    if (this.#counter.stopped) return
    this.#counter.stop()
    this.#completion.settle(error)
    for (const getter of this.#getters) getter.close()
  }
}

function median(figures: readonly number[]): number | undefined {
  const sorted = figures.toSorted((a, b) => a - b)
  const low = sorted[Math.floor((sorted.length - 1) / 2)]
  const high = sorted[Math.floor(sorted.length / 2)]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}
