/** Larger ones fall out of the caches. */
const DEFAULT_READ_BYTES = 512 * 1024

/**
 * After a small read, bulk bytes are left to gather for a moment: reads get larger and fewer, which costs a quarter less CPU for each
 * byte and raises the rate (`bench/iperf3-client.ts`). The thread sleeps; a timer or pause and resume are too slow or too dear.
 */
const GATHER_MS = 0.1
/** Nobody wakes it. */
const NEVER = new Int32Array(new SharedArrayBuffer(4))

let readBuffer: Buffer | undefined

/**
 * One buffer for all connections of the process: a read and its callback are one step of the event loop, and what is kept is copied.
 * @param bytes - its size, if this is the first call. Default 512 KiB
 */
export function sharedReadBuffer(bytes: number = DEFAULT_READ_BYTES): Buffer {
  readBuffer ??= Buffer.allocUnsafeSlow(bytes)
  return readBuffer
}

/** Call it after each read of bulk bytes that others will follow. */
export function gather(length: number, buffer: Uint8Array): void {
  if (length < buffer.length / 2) Atomics.wait(NEVER, 0, 0, GATHER_MS)
}
