import { MeasurementError } from '../model/errors.ts'
import type { Chunk, Direction, Interval, RoundDirection } from '../model/journal-record.ts'
import type { Measurement } from '../model/probe.ts'

const COUNTERS = ['receiver', 'sender', 'acknowledged']

/** The samples that a round's direction asks of each invocation. */
export function directionsOf(direction: RoundDirection): readonly Direction[] {
  return direction === 'both' ? ['download', 'upload'] : [direction]
}

/**
 * The probe's measurement of one direction, checked against the rules of the journal.
 * @throws MeasurementError `PROBE_INVALID` that says what is wrong with it
 */
export function measurementOf(direction: Direction, measurements: readonly Measurement[]): Measurement {
  if (!Array.isArray(measurements)) throw invalid('gave no list of measurements')
  const ofDirection = (measurements as readonly Measurement[]).filter((measurement) => measurement?.direction === direction)
  const [measurement] = ofDirection
  if (measurement === undefined || ofDirection.length > 1)
    throw invalid(`gave ${ofDirection.length} measurements of the ${direction} instead of one`)
  const { startedAtMs, endedAtMs, bytes, countedBy, intervals, chunks, values } = measurement
  if (!Number.isFinite(startedAtMs) || !(endedAtMs > startedAtMs))
    throw invalid(`ended at ${endedAtMs}, which is not after its start at ${startedAtMs}`)
  if (bytes !== undefined && !isCount(bytes)) throw invalid(`counted ${bytes} bytes`)
  if (countedBy !== undefined && !COUNTERS.includes(countedBy)) throw invalid(`names "${countedBy}" as the one who counted`)
  const sum = intervals === undefined ? 0 : checkIntervals(intervals)
  if (bytes !== undefined && sum > bytes) throw invalid(`has ${sum} bytes in its intervals, more than the ${bytes} in all`)
  const chunk = chunks?.find(isBadChunk)
  if (chunk !== undefined) throw invalid(`has a bad chunk "${chunk.id}": ${chunk.bytes} bytes from ${chunk.startMs} to ${chunk.endMs}`)
  const odd = Object.entries(values ?? {}).find(([, value]) => !Number.isFinite(value))
  if (odd !== undefined) throw invalid(`has ${odd[1]} as value of "${odd[0]}"`)
  return {
    direction,
    startedAtMs,
    endedAtMs,
    ...(bytes !== undefined && { bytes }),
    ...(countedBy !== undefined && { countedBy }),
    ...(intervals !== undefined && { intervals }),
    ...(chunks !== undefined && { chunks }),
    ...(values !== undefined && { values }),
  }
}

/** Makes sure that they are in order and do not overlap; returns their bytes. */
function checkIntervals(intervals: readonly Interval[]): number {
  let before = Number.NEGATIVE_INFINITY
  let sum = 0
  for (const [fromMs, toMs, count] of intervals) {
    if (!(fromMs >= before && toMs >= fromMs && isCount(count)))
      throw invalid(`has a bad interval [${fromMs}, ${toMs}, ${count}] after ${before}`)
    before = toMs
    sum += count
  }
  return sum
}

const isBadChunk = ({ startMs, endMs, bytes }: Chunk): boolean => !(Number.isFinite(startMs) && endMs >= startMs && isCount(bytes))

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

function invalid(what: string): MeasurementError {
  return new MeasurementError('PROBE_INVALID', `The probe ${what}.`, { hint: 'Correct the probe.' })
}
