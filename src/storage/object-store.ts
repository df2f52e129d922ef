import type { SignedRequest, StoreLocation } from '../model/object-store.ts'

/** What is uploaded whole. */
export interface ObjectContent {
  readonly bytes: number
  /** The content from its start, in pieces of any length; called again for each attempt. */
  read(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** Default `application/octet-stream`. */
  readonly contentType?: string
  /** Tags (s3, azure-blob) or metadata (gcs). Keys and values: letters, digits, `-`, `_`, `.`. */
  readonly tags?: Readonly<Record<string, string>>
}

export interface ListedObject {
  /** Its name behind the prefix. */
  readonly id: string
  readonly bytes: number
  /** Epoch milliseconds. */
  readonly modifiedMs: number
}

export interface SignOptions {
  readonly method: SignedRequest['method']
  readonly id: string
  /** Epoch milliseconds, at most 7 days from now. */
  readonly expiresAtMs: number
}

/**
 * A place in an object store as the run sees it: whoever calls has the credentials. Objects are named by their `id`: the name behind the prefix.
 *
 * Every call may throw, beside what it names: MeasurementError `STORE_UNREACHABLE`, `STORE_FAILED`; InputError `BUCKET_MISSING`, `STORE_ACCESS_DENIED`,
 * `CREDENTIALS_MISSING`. Never with a credential or a signature in it.
 */
export interface ObjectStore {
  readonly location: StoreLocation
  /** Stores an object, in place of one of the same name; constant memory. */
  put(id: string, content: ObjectContent): Promise<void>
  /** A small object, whole; undefined where there is none. */
  get(id: string): Promise<Uint8Array | undefined>
  /** Undefined where there is none. */
  head(id: string): Promise<{ readonly bytes: number } | undefined>
  /** All objects whose id begins so, in the order of their names. */
  list(idPrefix?: string): AsyncIterable<ListedObject>
  /** Also gives up uploads in parts that were begun under these names. What is not there is no error. */
  delete(ids: readonly string[]): Promise<void>
  /** A request that anyone can send who has it, until it expires. Asks no network where the credentials hold a key. */
  sign(options: SignOptions): Promise<SignedRequest>
  /** Environment variables by which a function asks as whoever runs the experiment; none where nobody is asked for credentials. */
  lend(): Promise<Readonly<Record<string, string>>>
  /** Ends connections. Idempotent. */
  close(): void
}

export interface StoreAccess {
  readonly signal?: AbortSignal
  /** The environment variables that name the credentials. Default: those of this process, and what the store's SDK finds beside them. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** Removals under way at the same time. */
export const DELETED_AT_ONCE = 16

/** The name of an object in its bucket. */
export const objectName = ({ prefix = 'netfair/' }: StoreLocation, id: string): string => `${prefix}${id}`

/** The same store, as functions reach it: what is signed for them is signed for that origin. */
export function seenByFunctions({ functionEndpoint, ...location }: StoreLocation): StoreLocation {
  return functionEndpoint === undefined ? location : { ...location, endpoint: functionEndpoint }
}
