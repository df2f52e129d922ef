/** What one target allows. What goes beyond is refused; what is too slow is dropped. */
export interface TargetLimits {
  /** Streams of one test, over both directions. 1–1024, default 256. */
  readonly streams: number
  /** Tests at once over all processes. Those that have shown no parameters yet make room for new ones. 1–100000, default 512. */
  readonly tests: number
  /** Seconds of one test, without what it omits. Default 3600. */
  readonly seconds: number
  /** Bytes of one test or HTTP transfer. Default 10^12. */
  readonly bytes: number
  /** Bits per second over all processes; above it the fastest test is ended. Default: no limit. */
  readonly bitsPerSecond?: number
  /** How long a client may keep the target waiting for what it owes: a cookie, parameters, results, the next byte. Milliseconds, default 10000. */
  readonly waitMs: number
  /** The same for the data streams of a test, which may have to wait for an agreed start. Milliseconds, default 120000. */
  readonly streamWaitMs: number
}

/** The same as a schema, with the defaults. */
export const limitsSchema: Readonly<Record<string, unknown>> = {
  type: 'object',
  description: 'Limits of the target: streams, tests, seconds, bytes, bitsPerSecond, waitMs, streamWaitMs.',
  default: {},
  additionalProperties: false,
  properties: {
    streams: { type: 'integer', minimum: 1, maximum: 1024, default: 256 },
    tests: { type: 'integer', minimum: 1, maximum: 100_000, default: 512 },
    seconds: { type: 'number', exclusiveMinimum: 0, maximum: 86_400, default: 3600 },
    bytes: { type: 'number', minimum: 1, default: 1e12 },
    bitsPerSecond: { type: 'number', exclusiveMinimum: 0 },
    waitMs: { type: 'number', minimum: 10, maximum: 600_000, default: 10_000 },
    streamWaitMs: { type: 'number', minimum: 10, maximum: 3_600_000, default: 120_000 },
  },
}
