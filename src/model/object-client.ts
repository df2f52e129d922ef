import type { StoreLocation } from './object-store.ts'

/** Is told what the requests of one transfer show, also of one that fails. */
export interface RequestObserver {
  /** Ends the transfer. */
  readonly signal: AbortSignal
  /** A request goes out; `again` = in place of one that was refused (500, 503, …) or got no answer. */
  requested(again: boolean): void
  /** A connection was opened for it. */
  connected(handshake: Handshake): void
  /**
   * The store begins to answer, with a success.
   * @param firstByteMs - from the request (an upload: from its last byte) to the first byte of the answer; absent where the client cannot tell
   */
  answered(firstByteMs?: number): void
}

export interface GetOptions {
  /** Both ends included. Default: the whole object. */
  readonly range?: { readonly first: number; readonly last: number }
  /** Takes the payload as it comes; the piece is valid during the call only. */
  take(piece: Uint8Array): void
}

export interface PutOptions {
  readonly bytes: number
  /** The content from its start in small pieces, which are never changed; called again for each attempt. */
  pieces(): Iterable<Uint8Array>
  /** In parts of this size (multipart, resumable, blocks). Default: in one request. */
  readonly partBytes?: number
  /** So many more bytes were handed to the network, counted from `pieces()` on. */
  sent(bytes: number): void
}

/** In milliseconds. */
export interface Handshake {
  /** TCP and TLS. */
  readonly connectMs: number
  /** TLS alone; absent where there is none. */
  readonly tlsMs?: number
}

/** Moves objects inside a function, in constant memory: by an SDK, or by signed requests. An error means that this object failed. */
export interface ObjectClient {
  get(id: string, options: GetOptions, observer: RequestObserver): Promise<void>
  put(id: string, options: PutOptions, observer: RequestObserver): Promise<void>
  /**
   * Opens what can be opened ahead.
   * @returns how long each handshake took
   */
  prepare?(): Promise<readonly Handshake[]>
  /** Closes at once. Idempotent. */
  close(): void
}

export interface ObjectClientOptions {
  /** Requests at once. */
  readonly parallel: number
  /** Connections are used again. */
  readonly keepAlive: boolean
  /** Environment variables with credentials; absent = the function's own identity. */
  readonly credentials?: Readonly<Record<string, string>>
}

/** Makes the client of a store's SDK, which is loaded first. */
export type OpenObjectClient = (location: StoreLocation, options: ObjectClientOptions) => Promise<ObjectClient>
