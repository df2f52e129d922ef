import type { Interval, Sample } from '../model/journal-record.ts'

const perInterval = 3

/**
 * The same sample with its intervals in 24 bytes each instead of some 80, so that journals of millions of intervals fit into memory.
 * `intervals` stays what it was, an array for everyone who reads it; it is made anew at each reading, so read it once.
 */
export function withCompactIntervals<Kind extends Sample>(sample: Kind): Kind {
  const { intervals } = sample
  if (intervals === undefined) return sample
  const packed = pack(intervals)
  return {
    ...sample,
    get intervals(): readonly Interval[] {
      return unpack(packed)
    },
  }
}

function pack(intervals: readonly Interval[]): Float64Array {
  const packed = new Float64Array(intervals.length * perInterval)
  let next = 0
  for (const [startMs, endMs, bytes] of intervals) {
    packed[next++] = startMs
    packed[next++] = endMs
    packed[next++] = bytes
  }
  return packed
}

function unpack(packed: Float64Array): readonly Interval[] {
  const intervals: Interval[] = []
  for (let next = 0; next < packed.length; next += perInterval) {
    intervals.push([packed[next] as number, packed[next + 1] as number, packed[next + 2] as number])
  }
  return intervals
}
