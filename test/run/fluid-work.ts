/** A fixed work on a network without latency, packets or noise. */
export interface FluidWork {
  readonly functions: number
  readonly chunks: number
  readonly chunkBytes: number
  /** Of the link, shared equally at every instant. */
  readonly bitsPerSecond: number
  /** Most that one function gets. Default: the whole link. */
  readonly capBitsPerSecond?: number
  /** From the end of a chunk to the start of the next one of the same function. Default 0. */
  readonly betweenMs?: number
}

interface Lane {
  /** Until it begins with its chunk; then 0. */
  waitMs: number
  /** Of its chunk. */
  leftBits: number
}

/** From the first start to the end of the last chunk, in milliseconds; each function takes the next chunk when it has moved one. */
export function fluidMakespanMs({ functions, chunks, chunkBytes, bitsPerSecond, capBitsPerSecond, betweenMs = 0 }: FluidWork): number {
  const bits = 8 * chunkBytes
  let left = chunks - functions
  let lanes: Lane[] = Array.from({ length: Math.min(functions, chunks) }, () => ({ waitMs: 0, leftBits: bits }))
  let nowMs = 0
  while (lanes.length > 0) {
    const active = lanes.filter(({ waitMs }) => waitMs <= 0).length
    const bitsPerMs = Math.min(capBitsPerSecond ?? bitsPerSecond, bitsPerSecond / Math.max(1, active)) / 1000
    const stepMs = Math.min(...lanes.map(({ waitMs, leftBits }) => (waitMs > 0 ? waitMs : leftBits / bitsPerMs)))
    nowMs += stepMs
    for (const lane of lanes) {
      if (lane.waitMs > 0) lane.waitMs = settled(lane.waitMs - stepMs)
      else lane.leftBits = settled(lane.leftBits - stepMs * bitsPerMs)
    }
    for (const lane of lanes) {
      if (lane.leftBits > 0 || left <= 0) continue
      left--
      lane.leftBits = bits
      lane.waitMs = betweenMs
    }
    lanes = lanes.filter(({ leftBits }) => leftBits > 0)
  }
  return nowMs
}

/** What is left by rounding only is nothing. */
const settled = (value: number): number => (value < 1e-6 ? 0 : value)
