import type { Interval } from './journal-record.ts'
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

/** All that a probe can do to the world. Nothing else is reachable for it. */
export interface Capabilities {
  /**
   * Opens a TCP stream.
   * @param address - `host:port`; must be on the agent's allow-list
   * @throws NetfairError `TARGET_NOT_ALLOWED`, `TARGET_UNREACHABLE` (refused or no answer within 10 s)
   */
  connect(address: string): Promise<TcpStream>
  /** Now on the common clock. */
  now(): CommonMs
  /** Resolves at an instant of the common clock. */
  until(instant: CommonMs): Promise<void>
  /** Aborted at the task's deadline: every wait ends then. */
  readonly signal: AbortSignal
  /** Cryptographically random bytes. */
  randomBytes(length: number): Uint8Array
  /** Runs a program to its end. Only where the host has one; a cloud function has none. */
  runProgram?(program: 'iperf3', args: readonly string[]): Promise<ProgramOutput>
}

/** What a program left when it ended. */
export interface ProgramOutput {
  readonly stdout: string
  readonly exitCode: number
}
