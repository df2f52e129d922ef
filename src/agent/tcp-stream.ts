import { connect, type Socket } from 'node:net'
import type { BulkTransfer, SinkOptions, SourceOptions, TcpStream } from '../model/capabilities.ts'
import { MeasurementError, NetfairError } from '../model/errors.ts'
import type { CommonMs } from '../model/units.ts'
import { BulkSource } from './bulk-source.ts'
import { CountedTransfer } from './counted-transfer.ts'
import { Inbox } from './inbox.ts'
import { gather, sharedReadBuffer } from './read-buffer.ts'

/** How a stream is opened. */
export interface TcpStreamOptions {
  /** Ends the connection and every wait on it. */
  readonly signal: AbortSignal
  /** Now on the common clock. */
  readonly now: () => CommonMs
  /** How long the connection may take to open. Default 10 000. */
  readonly timeoutMs?: number
  /** Most bytes a read, for all connections of the process; the first one decides. Default 512 KiB. */
  readonly readBytes?: number
}

/** Reading stops while so many bytes are there that nobody has asked for. */
const MAX_UNASKED_BYTES = 1024 * 1024

/**
 * Opens a TCP stream on `node:net`, made for bulk bytes: no allocation per read, the same block for every write.
 * @param address - `host:port`
 * @throws MeasurementError `TARGET_UNREACHABLE` (refused, or no answer in time), or the reason of the signal
 */
export async function openTcpStream(address: string, options: TcpStreamOptions): Promise<TcpStream> {
  const { signal, timeoutMs = 10_000, readBytes } = options
  const { host, port } = splitAddress(address)
  const buffer = sharedReadBuffer(readBytes)
  return new Promise((resolve, reject) => {
    let stream: NodeTcpStream | undefined
    const onread = {
      buffer,
      callback: (length: number) => stream?.received(length, buffer) ?? true,
    }
    const socket = connect({ host, port, noDelay: true, onread })
    const timer = setTimeout(() => fail(unreachable(address, `no answer within ${timeoutMs} ms`)), timeoutMs)
    const abort = (): void => fail(abortError(signal))
    const fail = (error: unknown): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      socket.destroy()
      reject(error)
    }
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    socket.once('error', (error: NodeJS.ErrnoException) => fail(unreachable(address, error.code ?? error.message, error)))
    socket.once('connect', () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      socket.removeAllListeners('error')
      stream = new NodeTcpStream(socket, address, options)
      resolve(stream)
    })
  })
}

class NodeTcpStream implements TcpStream {
  readonly #socket: Socket
  readonly #address: string
  readonly #now: () => CommonMs
  readonly #inbox = new Inbox()
  readonly #transfers = new Set<CountedTransfer>()
  #sink: CountedTransfer | undefined
  #discarding = false
  #error: NetfairError | undefined

  constructor(socket: Socket, address: string, { signal, now }: TcpStreamOptions) {
    this.#socket = socket
    this.#address = address
    this.#now = now
    const abort = (): void => this.#end(abortError(signal))
    signal.addEventListener('abort', abort)
    socket.once('error', (error: NodeJS.ErrnoException) => this.#end(this.#closedError(error.code ?? error.message, error)))
    socket.once('end', () => this.#end(undefined))
    socket.once('close', () => {
      signal.removeEventListener('abort', abort)
      this.#end(undefined)
    })
  }

  /** Called for each read; false stops reading. */
  received(length: number, buffer: Uint8Array): boolean {
    if (this.#sink !== undefined) {
      this.#sink.add(length)
      gather(length, buffer)
      return true
    }
    if (this.#discarding) return true
    this.#inbox.put(buffer.subarray(0, length))
    return this.#inbox.unaskedBytes < MAX_UNASKED_BYTES
  }

  send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#error !== undefined) return reject(this.#error)
      this.#socket.write(bytes, (error) => (error ? reject(this.#error ?? this.#closedError(error.message, error)) : resolve()))
    })
  }

  async receive(length: number): Promise<Uint8Array> {
    this.#sink = undefined
    this.#discarding = false
    const bytes = this.#inbox.take(length)
    this.#socket.resume()
    return bytes
  }

  sink(options: SinkOptions = {}): BulkTransfer {
    const sink = this.#track(new CountedTransfer(this.#now, options.intervalMs))
    this.#discarding = true
    if (this.#error === undefined) this.#sink = sink
    const pending = this.#inbox.clear()
    if (pending > 0) sink.add(pending)
    this.#socket.resume()
    return sink
  }

  source(options: SourceOptions = {}): BulkTransfer {
    return this.#track(new BulkSource(this.#socket, this.#now, options))
  }

  close(): void {
    this.#end(this.#closedError('closed by this side'))
  }

  #track<Transfer extends CountedTransfer>(transfer: Transfer): Transfer {
    this.#transfers.add(transfer)
    const forget = (): boolean => this.#transfers.delete(transfer)
    transfer.ended.then(forget, forget)
    if (this.#error !== undefined) transfer.fail(this.#error)
    return transfer
  }

  /** Without an error: the peer closed, which ends transfers well and is too early for whoever waits for bytes. */
  #end(error: NetfairError | undefined): void {
    if (this.#error !== undefined) return
    this.#error = error ?? this.#closedError('closed by the peer')
    for (const transfer of this.#transfers) transfer.fail(error)
    this.#inbox.end(this.#error)
    this.#socket.on('error', () => {})
    this.#socket.destroy()
  }

  #closedError(reason: string, cause?: unknown): MeasurementError {
    return new MeasurementError('CONNECTION_CLOSED', `The connection to ${this.#address} is closed: ${reason}.`, {
      hint: 'Check that the target is still running.',
      cause,
    })
  }
}

function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  const port = Number(address.slice(colon + 1))
  if (colon > 0 && Number.isInteger(port) && port > 0 && port < 65_536) return { host, port }
  throw new MeasurementError('TARGET_UNREACHABLE', `"${address}" is no address.`, { hint: 'Write host:port, IPv6 as [host]:port.' })
}

function unreachable(address: string, reason: string, cause?: unknown): MeasurementError {
  return new MeasurementError('TARGET_UNREACHABLE', `Cannot connect to ${address}: ${reason}.`, {
    hint: 'Check that the target runs, that the address is right and that no firewall is in between.',
    cause,
  })
}

function abortError(signal: AbortSignal): NetfairError {
  if (signal.reason instanceof NetfairError) return signal.reason
  return new MeasurementError('ABORTED', 'The connection was ended before its work was done.', {
    hint: 'Allow more time.',
    cause: signal.reason,
  })
}
