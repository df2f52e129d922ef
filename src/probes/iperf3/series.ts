import type { Interval } from '../../model/journal-record.ts'

/**
 * One series for several streams: bytes of all of them between the interval ends of the first.
 * An interval of another stream counts where it ends; in the last interval all that is left.
 */
export function sumSeries(series: readonly (readonly Interval[])[]): readonly Interval[] {
  const [first = [], ...others] = series
  const positions = others.map(() => 0)
  return first.map(([startMs, endMs, bytes], index) => {
    const last = index === first.length - 1
    const added = others.map((other, stream) => {
      let sum = 0
      for (
        let next = other[positions[stream] ?? 0];
        next !== undefined && (last || next[1] <= endMs);
        next = other[positions[stream] ?? 0]
      ) {
        sum += next[2]
        positions[stream] = (positions[stream] ?? 0) + 1
      }
      return sum
    })
    return [startMs, endMs, added.reduce((total, sum) => total + sum, bytes)]
  })
}
