import type { WorkQueue } from './fixed-work.ts'
import type { Direction, Interval } from './journal-record.ts'
import type { ObjectTransfer } from './object-store.ts'
import type { CommonMs } from './units.ts'

/** Bulk bytes on the move, on the host's side of the capabilities: a probe starts and stops them and never sees them. */
export interface BulkTransfer {
  /** Bytes moved so far, as this side counts. */
  readonly bytes: number
  /** Bytes over time since the start; contiguous, on the common clock, the last one ends now (or at the stop). */
  intervals(): readonly Interval[]
  /** Resolves when the limit is reached, the peer closes, or `stop()` is called; rejects on a connection error. */
  readonly ended: Promise<void>
  /** Counts no further byte. Idempotent. The stream stays open. */
  stop(): void
}

export interface SinkOptions {
  /** Length of one entry of the interval series. Default 100. */
  readonly intervalMs?: number
}

export interface SourceOptions extends SinkOptions {
  /** Most bytes a write. Default 256 KiB; a slow link gets less at a time. */
  readonly blockBytes?: number
  /** Stop after so many bytes. */
  readonly limitBytes?: number
  /** Pace to this rate. */
  readonly bitsPerSecond?: number
}

/** A TCP connection to an allowed target. */
export interface TcpStream {
  /** Sends a small message whole. */
  send(bytes: Uint8Array): Promise<void>
  /** Receives exactly `length` bytes. Rejects with `CONNECTION_CLOSED` when the peer closes before. */
  receive(length: number): Promise<Uint8Array>
  /** Drops and counts all that arrives from now on. */
  sink(options?: SinkOptions): BulkTransfer
  /** Sends as fast as the peer takes it, or as paced. */
  source(options?: SourceOptions): BulkTransfer
  /** Closes at once. Idempotent. */
  close(): void
}

/** How a URL is downloaded. */
export interface DownloadOptions extends SinkOptions {
  /** Further request headers. */
  readonly headers?: Readonly<Record<string, string>>
  /** Bearer token; goes to the URL's own origin and to no other. */
  readonly token?: string
  /** Connections, 1–128. Default 1. */
  readonly parallel?: number
  /** Many requests a connection (default), or a new connection for each. */
  readonly keepAlive?: boolean
  /** Each request asks for the next so many bytes of the object, and begins again behind its end. Default: the whole object. */
  readonly rangeBytes?: number
  /** Ends when so many payload bytes came over all connections. Default: no limit. */
  readonly limitBytes?: number
  /** Certificates of the authorities to trust instead of the known ones, PEM. */
  readonly ca?: string
}

/** What the requests of a download have shown so far. */
export interface DownloadFacts {
  /** Requests sent, redirects and repetitions included. */
  readonly requests: number
  /** Requests sent again because the server had closed an idle connection. */
  readonly retries: number
  /** TCP and TLS handshake, median over the connections. */
  readonly connectMs?: number
  /** From a request to the first byte of its answer, median over the requests. */
  readonly firstByteMs?: number
}

/** One URL, downloaded again and again until it is stopped; counts payload, without heads and the framing of chunks. */
export interface DownloadTransfer extends BulkTransfer {
  facts(): DownloadFacts
}

/** A download that waits for its start, with its connections open (if it keeps them). */
export interface Download {
  /** Sends the first requests. Only once. */
  start(): DownloadTransfer
  /** Closes at once. Idempotent. */
  close(): void
}

/** When the checksum of a download is verified. It takes about as much CPU time as the download itself. */
export type Verify = 'once' | 'always' | 'never'

/** How the task's objects are moved. */
export interface ObjectOptions extends SinkOptions {
  readonly direction: Direction
  /** Requests at once, 1–128. Default 1. */
  readonly parallel?: number
  /** Many requests a connection (default), or a new connection for each. */
  readonly keepAlive?: boolean
  /** Downloads: each request asks for so many bytes of an object, `parallel` of them at once. Default: the whole object. */
  readonly rangeBytes?: number
  /** Uploads by the SDK: in parts of this size, `parallel` of them at once. Default: in one request. */
  readonly partBytes?: number
  /** Downloads: whether the checksum of what came must be the object's: the first time that it comes (default), each time, or never. */
  readonly verify?: Verify
  /** A transfer that moves no byte for so long has failed. Default 10,000. */
  readonly stallMs?: number
}

/** What the transfers of a session have shown so far; keys as in the values of a sample. */
export type ObjectFacts = Readonly<Record<string, number>>

/** The task's objects on the move. Counts payload: as it comes in downloads, as the network takes it in uploads, each byte of an object once. */
export interface ObjectMoves extends BulkTransfer {
  /** Moves one of the task's objects, named by its index. A failure is no rejection but a transfer that is not `ok`; so is the stop. */
  move(index: number): Promise<ObjectTransfer>
  facts(): ObjectFacts
}

/** Objects that wait for their start, with connections open (if they are kept) and the SDK loaded. */
export interface ObjectSession {
  /** How many objects the task has. */
  readonly objects: number
  /** Only once. */
  start(): ObjectMoves
  /** Closes at once. Idempotent. */
  close(): void
}

/** All that a probe can do to the world. Nothing else is reachable for it. */
export interface Capabilities {
  /**
   * Opens a TCP stream.
   * @param address - `host:port`; must be on the agent's allow-list
   * @throws NetfairError `TARGET_NOT_ALLOWED`, `TARGET_UNREACHABLE` (refused or no answer within 10 s)
   */
  connect(address: string): Promise<TcpStream>
  /**
   * Opens what a download needs: `url` is http or https, its origin on the agent's allow-list, as is that of every redirect.
   * @throws NetfairError `TARGET_NOT_ALLOWED`, `TARGET_UNREACHABLE` (refused or no answer within 10 s), `TLS_FAILED`
   */
  openDownload(url: string, options?: DownloadOptions): Promise<Download>
  /**
   * Opens what moving the task's objects needs. Absent where the task has none.
   * @throws NetfairError `TARGET_NOT_ALLOWED`, `TARGET_UNREACHABLE`, `TLS_FAILED`, `TRANSPORT_MISSING` (an agent without the store's SDK)
   */
  openObjects?(options: ObjectOptions): Promise<ObjectSession>
  /** Now on the common clock. */
  now(): CommonMs
  /** An instant that the target of the bytes gave by its own clock, on the common clock. The same where that target is the rendezvous. */
  fromTarget(epochMs: number): CommonMs
  /** Resolves at an instant of the common clock. */
  until(instant: CommonMs): Promise<void>
  /** Aborted at the task's deadline: every wait ends then. */
  readonly signal: AbortSignal
  /** Cryptographically random bytes. */
  randomBytes(length: number): Uint8Array
  /**
   * Only in rounds of fixed work, of both modes: then the probe moves these chunks and ends, whatever its parameters say about time and bytes.
   * The n-th chunk is the n-th of the task's objects where it has some.
   */
  readonly work?: WorkQueue
  /** Runs a program to its end. Only where the host has one; a cloud function has none. */
  runProgram?(program: 'iperf3', args: readonly string[]): Promise<ProgramOutput>
}

/** What a program left when it ended. */
export interface ProgramOutput {
  readonly stdout: string
  readonly exitCode: number
}
