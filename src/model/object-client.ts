import type { StoreLocation } from './object-store.ts'

/** What the requests of one transfer have shown. Times in milliseconds; absent where the transport cannot tell. */
export interface RequestFacts {
  /** Sent in all, redirects and repetitions included. */
  readonly requests?: number
  /** Sent again, after a refusal (500, 503, …) or a connection that was closed before it answered. */
  readonly retries: number
  /** TCP and TLS handshake; absent where a connection was reused. */
  readonly connectMs?: number
  /** From the last request to the first byte of its answer. */
  readonly firstByteMs?: number
}

export interface GetOptions {
  /** Both ends included. Default: the whole object. */
  readonly range?: { readonly first: number; readonly last: number }
  readonly signal: AbortSignal
  /** Takes the payload as it comes; the piece is valid during the call only. */
  take(piece: Uint8Array): void
  /** The answer is a success, its body follows. */
  answered(): void
}

export interface PutOptions {
  readonly bytes: number
  /** The content from its start in small pieces, which are never changed; called again for each attempt. */
  pieces(): Iterable<Uint8Array>
  /** In parts of this size (multipart, resumable, blocks). Default: in one request. */
  readonly partBytes?: number
  readonly signal: AbortSignal
  /** So many more bytes were handed to the network, counted from `pieces()` on. */
  sent(bytes: number): void
}

/** Moves objects inside a function, in constant memory: by an SDK, or by signed requests. An error means that this object failed. */
export interface ObjectClient {
  get(id: string, options: GetOptions): Promise<RequestFacts>
  put(id: string, options: PutOptions): Promise<RequestFacts>
  /** Opens what can be opened ahead. */
  prepare?(): Promise<void>
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
