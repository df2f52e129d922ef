import { MeasurementError } from '../model/errors.ts'
import type { ClockReading } from '../model/target.ts'
import { type CommonMs, commonMs, type MonotonicMs, monotonicNow } from '../model/units.ts'
import type { HttpClient } from './http-request.ts'
import { parseJson } from './parse-json.ts'

/** The rendezvous target's clock, as this process knows it. */
export interface CommonClock {
  now(): CommonMs
  /** Half width of the range in which the common clock's true time lies now, in milliseconds; with the target's, where that is another. */
  uncertaintyMs(): number
  /** Common minus monotonic, in milliseconds. */
  readonly offsetMs: number
  /** This instance's address, as the rendezvous target saw it; absent where that does not tell. */
  readonly peer?: string
  /** An instant by the clock of the target that the bytes go to, on the common clock. */
  fromTarget(epochMs: number): CommonMs
}

const READINGS = 8
/** How fast two crystal clocks may drift apart: 15 ppm, PHI of RFC 5905. */
const DRIFT = 15e-6

/**
 * Reads the target's clock several times over one connection and keeps the reading with the least round trip, as NTP does.
 *
 * The target's time was read somewhere between request and answer, so it is taken for the middle, and half of the round trip is the
 * uncertainty. The local side is the monotonic clock; the wall clock of this machine plays no part.
 *
 * @throws MeasurementError `CLOCK_UNREADABLE` when an answer is no clock reading; the errors of {@link HttpClient.request}
 */
export async function measureClock(client: HttpClient, readings: number = READINGS): Promise<CommonClock> {
  let best = await readClock(client)
  for (let reading = 1; reading < readings; reading++) {
    const next = await readClock(client)
    if (next.roundTripMs < best.roundTripMs) best = next
  }
  const { offsetMs, roundTripMs, readAt, peer } = best
  return {
    now: () => commonMs(monotonicNow() + offsetMs),
    uncertaintyMs: () => roundTripMs / 2 + (monotonicNow() - readAt) * DRIFT,
    offsetMs,
    ...(peer !== undefined && { peer }),
    fromTarget: commonMs,
  }
}

/** The common clock where the bytes go to another machine, whose clock was measured the same way. */
export function withTarget(common: CommonClock, target: CommonClock): CommonClock {
  return {
    ...common,
    uncertaintyMs: () => common.uncertaintyMs() + target.uncertaintyMs(),
    fromTarget: (epochMs) => commonMs(epochMs - target.offsetMs + common.offsetMs),
  }
}

interface OffsetReading {
  /** Common minus monotonic. */
  readonly offsetMs: number
  readonly roundTripMs: number
  readonly readAt: MonotonicMs
  readonly peer?: string
}

async function readClock(client: HttpClient): Promise<OffsetReading> {
  const { body, sentAt, receivedAt } = await client.request({ method: 'GET', path: '/clock' })
  const { epochMs, peer } = parseReading(body)
  const reading = { offsetMs: epochMs - (sentAt + receivedAt) / 2, roundTripMs: receivedAt - sentAt, readAt: receivedAt }
  return typeof peer === 'string' ? { ...reading, peer } : reading
}

function parseReading(body: string): ClockReading {
  const reading = parseJson(body) as ClockReading | null | undefined
  if (typeof reading?.epochMs === 'number' && Number.isFinite(reading.epochMs)) return reading
  throw new MeasurementError(
    'CLOCK_UNREADABLE',
    `GET /clock answered ${JSON.stringify(body.slice(0, 80))}; {"epochMs": number} is expected.`,
    {
      hint: "Check that the rendezvous target's HTTP address is that of `netfair serve`.",
    },
  )
}
