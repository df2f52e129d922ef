import type { Download, DownloadFacts, DownloadOptions, DownloadTransfer } from '../model/capabilities.ts'
import type { CommonMs } from '../model/units.ts'
import { ByteRanges } from './byte-ranges.ts'
import { CountedTransfer } from './counted-transfer.ts'
import { type GetLog, HttpGetter } from './http-get.ts'
import { median } from './median.ts'

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

class HttpDownload extends CountedTransfer implements DownloadTransfer {
  readonly #getters: readonly HttpGetter[]
  readonly #log: GetLog
  readonly #limitBytes: number

  constructor(getters: readonly HttpGetter[], log: GetLog, options: DownloadOptions, { now, signal }: DownloadSurroundings) {
    super(now, options.intervalMs)
    this.#getters = getters
    this.#log = log
    this.#limitBytes = options.limitBytes ?? Number.POSITIVE_INFINITY
    signal.addEventListener('abort', () => this.fail(signal.reason), { once: true })
    if (signal.aborted) this.fail(signal.reason)
    for (const getter of getters) this.#repeat(getter).catch((error: unknown) => this.fail(error))
  }

  facts(): DownloadFacts {
    const { requests, retries } = this.#log
    const connectMs = median(this.#log.connectMs)
    const firstByteMs = median(this.#log.firstByteMs)
    return { requests, retries, ...(connectMs !== undefined && { connectMs }), ...(firstByteMs !== undefined && { firstByteMs }) }
  }

  async #repeat(getter: HttpGetter): Promise<void> {
    const sink = (bytes: number): void => this.add(bytes)
    while (!this.stopped) await getter.get(sink)
  }

  override add(bytes: number): void {
    super.add(Math.min(bytes, this.#limitBytes - this.bytes))
    if (this.bytes >= this.#limitBytes) this.stop()
  }

  /** What has not come by then is cut off. */
  override fail(error: unknown): void {
    if (this.stopped) return
    super.fail(error)
    for (const getter of this.#getters) getter.close()
  }
}
