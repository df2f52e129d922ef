/**
 * Object stores as a task and a journal name them. The bytes are reached in one of two ways: `sdk`, as applications do it, or `signed-url`:
 * raw HTTP in the agent, with neither SDK nor credentials in the function.
 */

export type StoreName = 's3' | 'gcs' | 'azure-blob'
export type ObjectTransport = 'sdk' | 'signed-url'

/** Where objects lie. No secrets: it stands in the journal. */
export interface StoreLocation {
  readonly store: StoreName
  /** Bucket (s3, gcs) or container (azure-blob). */
  readonly bucket: string
  /** s3. */
  readonly region?: string
  /** azure-blob: the storage account. */
  readonly account?: string
  /** Another origin than the store's own, for test servers and compatible stores: `http://127.0.0.1:9000`. */
  readonly endpoint?: string
  /** The same store as functions reach it, where that is another origin than for the run: a private endpoint. Default `endpoint`. */
  readonly functionEndpoint?: string
  /** All names of the data set begin with it. Default `netfair/`. */
  readonly prefix?: string
  /**
   * With the transport `sdk`, as whom functions ask: `identity` = as the platform's own identity of the function, `environment` = with the
   * credentials of whoever runs the experiment. Default `identity` in a cloud, `environment` on this machine, where functions have no identity.
   */
  readonly credentials?: 'identity' | 'environment'
  /** Certificates of the authorities to trust instead of the known ones, PEM. */
  readonly ca?: string
}

/** An object of a data set. */
export interface StoredObject {
  /** Its name behind the prefix. */
  readonly id: string
  readonly bytes: number
  /** CRC-32 (IEEE, as zlib's) of its bytes, so that every transport can verify what came, and what the store says arrived. */
  readonly crc32: number
}

/** An object on its way; of one that is uploaded the checksum is not known. */
export type MovedObject = Pick<StoredObject, 'id' | 'bytes'> & { readonly crc32?: number }

/** A request that reaches one object without credentials, until it expires. A secret: never in a journal, a log or a message. */
export interface SignedRequest {
  readonly method: 'GET' | 'PUT'
  readonly url: string
  /** By the clock of whoever signed it, epoch milliseconds. */
  readonly expiresAtMs: number
  readonly headers?: Readonly<Record<string, string>>
}

/** What an invocation moves. */
export interface ObjectWork {
  readonly location: StoreLocation
  readonly transport: ObjectTransport
  /** Its own, which it moves again and again; with fixed work all chunks of the round, in their order. */
  readonly objects: readonly MovedObject[]
  /** In the order of `objects`; with `signed-url` only. */
  readonly requests?: readonly SignedRequest[]
}

/** What a probe moves, for the run: it picks the objects of each function, and signs requests or gives the agent the store's SDK. */
export interface ObjectDemand {
  readonly location: StoreLocation
  readonly transport: ObjectTransport
  readonly direction: 'download' | 'upload'
  /** Size of each object. */
  readonly chunkBytes: number
  /** Requests that moving one object takes. */
  readonly requestsEach: number
  /** Payload of each function, where that and no time ends it, without fixed work. */
  readonly bytes?: number
  /** Objects that one function moves at the same time, without fixed work. */
  readonly atOnce: number
  /** All functions move the same objects. */
  readonly hot: boolean
}

/** How one object was moved. Times in milliseconds; absent where the transport cannot tell. */
export interface ObjectTransfer {
  readonly id: string
  readonly ok: boolean
  /** On the common clock. */
  readonly startMs: number
  readonly endMs: number
  /** Payload bytes that came (or that the store has acknowledged), also of one that failed. */
  readonly bytes: number
  /** TCP and TLS handshake; absent where a connection was reused. */
  readonly connectMs?: number
  /** Of `connectMs`, the TLS handshake. */
  readonly tlsMs?: number
  /** From the request to the first byte of its answer. */
  readonly firstByteMs?: number
  /** CPU time that the checksum took. */
  readonly checksumMs?: number
  /** Requests sent again. */
  readonly retries: number
  /** Why it failed; no URL and no header in it. */
  readonly error?: { readonly code: string; readonly message: string }
}

/** Where functions send requests for objects. */
export function storeOrigin({ store, bucket, region, account, endpoint, functionEndpoint }: StoreLocation): string {
  if (functionEndpoint !== undefined) return functionEndpoint
  if (endpoint !== undefined) return endpoint
  if (store === 'gcs') return 'https://storage.googleapis.com'
  if (store === 'azure-blob') return `https://${account}.blob.core.windows.net`
  // A name with dots fits no certificate: then the bucket stands in the path.
  return `https://${bucket.includes('.') ? '' : `${bucket}.`}s3.${region}.amazonaws.com`
}
