import type { ObjectFacts, ObjectMoves, ObjectOptions, ObjectSession } from '../model/capabilities.ts'
import { MeasurementError } from '../model/errors.ts'
import type { Handshake, ObjectClient, OpenObjectClient } from '../model/object-client.ts'
import { type MovedObject, type ObjectTransfer, type ObjectWork, storeOrigin } from '../model/object-store.ts'
import type { CommonMs } from '../model/units.ts'
import { CountedTransfer } from './counted-transfer.ts'
import { median } from './median.ts'
import { downloadObject } from './object-download.ts'
import { describeFailure, ObjectTransferWatch } from './object-transfer.ts'
import { uploadObject } from './object-upload.ts'
import { SignedRequests } from './signed-requests.ts'

/** What a session needs of its agent. */
export interface ObjectSurroundings {
  readonly work: ObjectWork
  /** Ends every wait; the reason is the error. */
  readonly signal: AbortSignal
  readonly now: () => CommonMs
  readonly isAllowed: (origin: string) => boolean
  /** Most bytes a read. */
  readonly readBytes?: number
  /** The SDK of the store; absent in an agent that carries none. */
  readonly openClient?: OpenObjectClient
  readonly credentials?: Readonly<Record<string, string>>
  /** What no message may hold. */
  readonly secrets: readonly (string | undefined)[]
}

const DEFAULT_STALL_MS = 10_000

/**
 * Opens what moving the task's objects needs.
 * @throws NetfairError `TARGET_NOT_ALLOWED`, `TARGET_UNREACHABLE`, `TLS_FAILED`, `TRANSPORT_MISSING`
 */
export async function openObjects(options: ObjectOptions, surroundings: ObjectSurroundings): Promise<ObjectSession> {
  const { work, signal } = surroundings
  checkOrigins(work, surroundings.isAllowed)
  const openedAt = performance.now()
  const client = await openClient(options, surroundings)
  const sdkMs = work.transport === 'sdk' ? { sdkMs: performance.now() - openedAt } : {}
  const close = (): void => client.close()
  signal.addEventListener('abort', close, { once: true })
  try {
    const handshakes = (await client.prepare?.()) ?? []
    signal.throwIfAborted()
    return {
      objects: work.objects.length,
      start: () => new SessionMoves({ client, options, surroundings, handshakes, sdkMs }),
      close,
    }
  } catch (error) {
    close()
    throw signal.aborted ? signal.reason : error
  }
}

function checkOrigins({ location, transport, requests = [] }: ObjectWork, isAllowed: (origin: string) => boolean): void {
  const origins = transport === 'sdk' ? [storeOrigin(location)] : [...new Set(requests.map(({ url }) => new URL(url).origin))]
  const other = origins.find((origin) => !isAllowed(origin))
  if (other !== undefined)
    throw new MeasurementError('TARGET_NOT_ALLOWED', `The probe may not connect to ${other}.`, {
      hint: 'Deploy an agent for this experiment.',
    })
}

async function openClient(
  { parallel = 1, keepAlive = true }: ObjectOptions,
  { work, signal, isAllowed, readBytes, openClient, credentials }: ObjectSurroundings,
): Promise<ObjectClient> {
  if (work.transport === 'signed-url') {
    const reads = readBytes === undefined ? {} : { readBytes }
    return new SignedRequests(work, { parallel, keepAlive, signal, isAllowed, ...reads })
  }
  if (openClient === undefined)
    throw new MeasurementError('TRANSPORT_MISSING', `This agent carries no SDK for ${work.location.store}.`, {
      hint: 'Deploy the agent with the SDK, or use the transport "signed-url".',
    })
  return await openClient(work.location, { parallel, keepAlive, ...(credentials !== undefined && { credentials }) })
}

interface Moving {
  readonly client: ObjectClient
  readonly options: ObjectOptions
  readonly surroundings: ObjectSurroundings
  /** Before the start. */
  readonly handshakes: readonly Handshake[]
  readonly sdkMs: { readonly sdkMs?: number }
}

class SessionMoves extends CountedTransfer implements ObjectMoves {
  readonly #moving: Moving
  readonly #over = new AbortController()
  readonly #transfers: ObjectTransfer[] = []
  /** Objects that came as they should. */
  readonly #verified = new Set<string>()
  #requests = 0
  #retries = 0

  constructor(moving: Moving) {
    super(moving.surroundings.now, moving.options.intervalMs)
    this.#moving = moving
    const { signal } = moving.surroundings
    signal.addEventListener('abort', () => this.fail(signal.reason), { once: true })
    if (signal.aborted) this.fail(signal.reason)
  }

  async move(index: number): Promise<ObjectTransfer> {
    const { client, options, surroundings } = this.#moving
    const object = surroundings.work.objects[index]
    if (object === undefined) throw new RangeError(`the task has no object ${index}`)
    const watch = new ObjectTransferWatch(this.#over.signal, options.stallMs ?? DEFAULT_STALL_MS, (bytes) => this.add(bytes))
    const startMs = surroundings.now()
    let error: unknown
    try {
      this.#over.signal.throwIfAborted()
      await this.#moveBytes(object, client, watch)
    } catch (reason) {
      error = watch.signal.aborted ? watch.signal.reason : reason
    }
    watch.end()
    this.#requests += watch.requests
    this.#retries += watch.retries
    const transfer = { id: object.id, startMs, endMs: surroundings.now(), ...watch.facts(), ...outcome(error, watch.retries, surroundings) }
    if (!this.stopped) this.#transfers.push(transfer)
    return transfer
  }

  async #moveBytes(object: MovedObject, client: ObjectClient, watch: ObjectTransferWatch): Promise<void> {
    const { direction, ...options } = this.#moving.options
    if (direction === 'download') await this.#download(object, client, watch)
    else await uploadObject(object, client, watch, options)
  }

  async #download(object: MovedObject, client: ObjectClient, watch: ObjectTransferWatch): Promise<void> {
    const { verify: when = 'once', ...options } = this.#moving.options
    const verify = when === 'always' || (when === 'once' && !this.#verified.has(object.id))
    await downloadObject(object, client, watch, { ...options, verify })
    if (verify) this.#verified.add(object.id)
  }

  facts(): ObjectFacts {
    const { handshakes } = this.#moving
    const moved = this.#transfers.filter(({ ok }) => ok)
    const figures = (of: (transfer: ObjectTransfer) => number | undefined): readonly number[] =>
      moved.map(of).filter((figure) => figure !== undefined)
    const connectMs = figures((transfer) => transfer.connectMs)
    const tlsMs = figures((transfer) => transfer.tlsMs)
    const firstByteMs = figures((transfer) => transfer.firstByteMs)
    const checksumMs = figures((transfer) => transfer.checksumMs)
    return {
      objects: moved.length,
      failedObjects: this.#transfers.length - moved.length,
      ...(this.#requests > 0 && { requests: this.#requests, retries: this.#retries }),
      ...this.#moving.sdkMs,
      ...medianOf('connectMs', [...handshakes.map((handshake) => handshake.connectMs), ...connectMs]),
      ...medianOf('tlsMs', [...handshakes.flatMap((handshake) => handshake.tlsMs ?? []), ...tlsMs]),
      ...medianOf('firstByteMs', firstByteMs),
      ...medianOf(
        'objectMs',
        figures(({ startMs, endMs }) => endMs - startMs),
      ),
      ...sumOf('connectSumMs', connectMs),
      ...sumOf('tlsSumMs', tlsMs),
      ...sumOf('firstByteSumMs', firstByteMs),
      ...sumOf(
        'objectSumMs',
        figures(({ startMs, endMs }) => endMs - startMs),
      ),
      ...sumOf('checksumSumMs', checksumMs),
    }
  }

  /** What has not come by then is cut off. */
  override fail(error: unknown): void {
    if (this.stopped) return
    super.fail(error)
    this.#over.abort(error ?? new MeasurementError('STOPPED', 'The measurement was over.', { hint: 'Give it more time.' }))
    this.#moving.client.close()
  }
}

function outcome(error: unknown, retries: number, { secrets }: ObjectSurroundings): Pick<ObjectTransfer, 'ok' | 'error'> {
  if (error === undefined) return { ok: true }
  const { code, message } = describeFailure(error, secrets)
  return { ok: false, error: { code, message: retries === 0 ? message : `${message} Requests sent again: ${retries}.` } }
}

function medianOf(name: string, figures: readonly number[]): ObjectFacts {
  const figure = median(figures)
  return figure === undefined ? {} : { [name]: figure }
}

const sumOf = (name: string, figures: readonly number[]): ObjectFacts =>
  figures.length === 0 ? {} : { [name]: figures.reduce((sum, figure) => sum + figure, 0) }
