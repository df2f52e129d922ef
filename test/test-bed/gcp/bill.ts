/** What one request is billed by: as it was measured, not rounded. */
export interface Bill {
  /** Resource name of the function. */
  readonly name: string
  readonly revision: string
  readonly instance: string
  readonly generation: 'GEN_1' | 'GEN_2'
  /** In the unit that was asked for: MiB for `2048Mi`, MB for `2048M`. */
  readonly memoryMb: number
  readonly vcpus: number
  readonly status: number
  /** Epoch milliseconds. */
  readonly startMs: number
  /** In the instance, in milliseconds. */
  readonly durationMs: number
  /** How long the instance took to start, in milliseconds, where this is its first request. */
  readonly coldStartMs?: number
}
