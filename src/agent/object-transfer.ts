import { MeasurementError, NetfairError } from '../model/errors.ts'
import type { Handshake, RequestObserver } from '../model/object-client.ts'
import type { ObjectTransfer } from '../model/object-store.ts'
import { redact } from '../model/redact.ts'

/** Watches one object on its way: counts its bytes, ends it when nothing moves for too long, and sums up what its requests have shown. */
export class ObjectTransferWatch implements RequestObserver {
  requests = 0
  retries = 0
  bytes = 0
  checksumMs: number | undefined
  readonly #count: (bytes: number) => void
  readonly #ending = new AbortController()
  readonly #over: AbortSignal
  readonly #abort: () => void
  readonly #timer: NodeJS.Timeout
  /** For an answer: since the start, or in uploads since the last byte. */
  #waitingSince = performance.now()
  #handshake: Handshake | undefined
  #firstByteMs: number | undefined

  /**
   * @param over - ends the transfer, too
   * @param count - told of every byte
   */
  constructor(over: AbortSignal, stallMs: number, count: (bytes: number) => void) {
    this.#over = over
    this.#count = count
    this.#abort = () => this.#ending.abort(over.reason)
    this.#timer = setTimeout(() => this.#ending.abort(stalled(stallMs, this.bytes)), stallMs)
    over.addEventListener('abort', this.#abort, { once: true })
  }

  get signal(): AbortSignal {
    return this.#ending.signal
  }

  moved(bytes: number): void {
    this.#timer.refresh()
    this.#waitingSince = performance.now()
    this.bytes += bytes
    this.#count(bytes)
  }

  requested(again: boolean): void {
    this.requests++
    if (again) this.retries++
    this.#timer.refresh()
  }

  /** Of connections side by side the slowest counts. */
  connected(handshake: Handshake): void {
    if (handshake.connectMs > (this.#handshake?.connectMs ?? 0)) this.#handshake = handshake
  }

  /** The first answer counts; without a figure from the client, from the start of the transfer, in uploads from its last byte. */
  answered(firstByteMs: number = performance.now() - this.#waitingSince): void {
    this.#timer.refresh()
    this.#firstByteMs ??= firstByteMs
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#over.removeEventListener('abort', this.#abort)
  }

  facts(): Pick<ObjectTransfer, 'bytes' | 'connectMs' | 'tlsMs' | 'firstByteMs' | 'checksumMs' | 'retries'> {
    return {
      bytes: this.bytes,
      retries: this.retries,
      ...this.#handshake,
      ...(this.#firstByteMs !== undefined && { firstByteMs: this.#firstByteMs }),
      ...(this.checksumMs !== undefined && { checksumMs: this.checksumMs }),
    }
  }
}

function stalled(stallMs: number, bytes: number): MeasurementError {
  return new MeasurementError('STALLED', `No byte moved for ${stallMs} ms, after ${bytes} bytes of the object.`, {
    hint: 'See whether the store answers; a slow path may need a longer `stallMs`.',
  })
}

const LONGEST_MESSAGE = 500
/** Queries of URLs hold signatures. */
const QUERY = /\?[^\s"'<>]*/g

/** An error as data, with neither URL nor credentials. */
export function describeFailure(
  error: unknown,
  secrets: readonly (string | undefined)[],
): { readonly code: string; readonly message: string } {
  const { name, code, message = String(error) } = error as { name?: unknown; code?: unknown; message?: string }
  const ownCode = error instanceof NetfairError ? error.code : undefined
  const text = redact(message.split('\n')[0] ?? '', secrets)
    .replaceAll(QUERY, '')
    .slice(0, LONGEST_MESSAGE)
  return { code: ownCode ?? sdkCode(name, code), message: text || 'It failed without a message.' }
}

/** Google's SDK gives the status alone. */
const sdkCode = (name: unknown, code: unknown): string =>
  typeof code === 'number'
    ? `STATUS_${code}`
    : typeof code === 'string'
      ? code
      : typeof name === 'string' && name !== 'Error'
        ? name
        : 'TRANSFER_FAILED'
