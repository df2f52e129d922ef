/** Netfair's server, as a function or a run reaches it. */
export interface Target {
  /** `host:port` of the iperf3 end. */
  readonly iperf3: string
  /** `http(s)://host:port` of the HTTP end: bytes, clock, rendezvous, health. */
  readonly http: string
  /** Bearer token and `netfair_token`; absent where the target is open. */
  readonly token?: string
}

/** Answer of `GET /clock`. */
export interface ClockReading {
  /** Epoch milliseconds on the target's clock, decimals kept; the same in all its processes. */
  readonly epochMs: number
  /** The address that the request came from: a function's way out. */
  readonly peer?: string
}

/** Body of `POST /rounds/{id}/ready`; the id is `RUN.ROUND.ATTEMPT`. */
export interface ReadyRequest {
  readonly invocation: number
  /** How many invocations the round has. */
  readonly expected: number
  /** How long after the first one is ready the others are waited for. */
  readonly timeoutMs: number
  /** From the release to the agreed start. Default 200. */
  readonly leadMs?: number
}

/** Answer of `POST /rounds/{id}/ready`, given to all when the last one is ready, or when the time is over. */
export interface ReadyReply {
  /** The agreed start on the common clock. */
  readonly startAtMs: number
  /** How many were ready; fewer than expected when the time was over. */
  readonly ready: number
  readonly expected: number
}

/** Body of `POST /rounds/{id}/next`. */
export interface NextRequest {
  readonly invocation: number
  /** How many chunks the round has in all. */
  readonly chunks: number
  /** The chunk that it was given before, and has moved. */
  readonly done?: number
  /** The chunk that it was given before and could not move: others shall try it. */
  readonly failed?: number
  /** How long it may keep the next chunk before others are given it too, in milliseconds. Default: for ever. */
  readonly leaseMs?: number
  /**
   * Said by the run: that invocation gets nothing more. `ended` = its reply came; what it still holds is for others. `lost` = none came, so that
   * what it has moved must be moved again, too.
   */
  readonly gone?: 'ended' | 'lost'
}

/** Answer of `POST /rounds/{id}/next`. A function has one chunk at a time: who asks again without `done` or `failed` gets the same one. */
export interface NextReply {
  /** The next chunk, or null when there is none for it. */
  readonly chunk: number | null
  /** Whether the chunk that is `done` counts: of several functions that moved the same one the first does. */
  readonly counted?: boolean
}

/** Answer of `GET /health`: counters since the start, so that two readings give the use between them. */
export interface Health {
  readonly epochMs: number
  readonly cores: number
  /** Every process of the target with the CPU seconds that it has used. */
  readonly processes: readonly { readonly pid: number; readonly cpuSeconds: number }[]
  /** All interfaces but loopback, together. The speed is absent where the kernel does not know it. */
  readonly nic: { readonly receivedBytes: number; readonly sentBytes: number; readonly speedBitsPerSecond?: number }
  readonly bytesSent: number
  readonly bytesReceived: number
}
