import { InputError } from '../../model/errors.ts'
import { checkOptions, type OptionsSchema } from '../../model/options.ts'
import type { Probe } from '../../model/probe.ts'
import { LATENCY, type LatencyParams } from './measure.ts'

/** Options of {@link latency}. */
export interface LatencyOptions {
  /** Seconds in which pings are sent, more than 0, at most 3600. Default 2; with a load, as long as that runs, and never longer. */
  readonly seconds?: number
  /** A ping is sent every so many milliseconds, 1–1000, whether the ones before are answered or not. Default 20. */
  readonly intervalMs?: number
  /** Milliseconds at the start whose pings are left out, 0–60 000. Default: what the load asks for, else 200, as for bytes. */
  readonly warmUpMs?: number
  /** A bandwidth probe that runs beside the pings, for example `iperf3({ seconds: 2, parallel: 4 })`. Default: none, the path stays idle. */
  readonly load?: Probe
}

const schema: OptionsSchema = {
  type: 'object',
  properties: {
    seconds: { type: 'number', exclusiveMinimum: 0, maximum: 3600, description: 'Seconds, more than 0, at most 3600; default 2.' },
    intervalMs: { type: 'number', minimum: 1, maximum: 1000, default: 20, description: 'Milliseconds between pings, 1–1000; default 20.' },
    warmUpMs: { type: 'number', minimum: 0, maximum: 60_000, description: 'Milliseconds whose pings are left out, 0–60000; default 200.' },
    load: {
      type: 'object',
      required: ['name', 'version', 'params', 'expectedMs', 'withParams'],
      description: 'Give a bandwidth probe, for example iperf3({seconds: 2}).',
    },
  },
  additionalProperties: false,
}

const DEFAULT_SECONDS = 2
const DEFAULT_WARM_UP_MS = 200

/**
 * Round-trip time of small messages over a TCP connection of their own to the target's HTTP end, alone or beside a load.
 *
 * A round trip is what an application sees: it includes the time that function and target take to get to the message, and, where a message is
 * lost, to send it again. Values of a sample: `rttMs` (median), `rttP95Ms`, `rttMinMs`, `rttMaxMs`, `pings`, `pingsLost`, and with a load `idleRttMs`,
 * the median of some pings before the round: `rttMs − idleRttMs` is the bufferbloat. A ping that is never answered counts as longer than all
 * others; a figure that would rest on such a ping is absent.
 *
 * A factor may name a parameter of the load, for example `parallel`.
 *
 * How long a full queue on the way is: `rttMs − idleRttMs` under eight streams or more, over all functions. Then it is full nearly all the time:
 * 90 to 100 % of its length were seen with 8 and 95 to 100 % with 16 streams, on `local` uplinks of 50 to 300 Mbit/s with queues of 10 to 100 ms
 * (`bench/latency.ts`). Fewer let it drain after each loss, one alone to 65 to 85 % in the median; there `rttP95Ms − idleRttMs` comes nearer, as
 * long as no ping is lost itself: one that is sent again takes two or three times as long. Senders take time to fill a deep queue, for 300 Mbit/s
 * and 100 ms more than two seconds: let the load run longer and leave out its beginning by `warmUpMs`.
 *
 * @throws InputError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function latency(options: LatencyOptions = {}): Probe {
  const { load, ...given } = checkOptions<LatencyOptions & { intervalMs: number }>('latency()', options, schema)
  if (load !== undefined) checkLoad(load)
  const { seconds = load === undefined ? DEFAULT_SECONDS : load.expectedMs / 1000 } = given
  const { intervalMs, warmUpMs = load?.warmUpMs ?? DEFAULT_WARM_UP_MS } = given
  checkWarmUp(warmUpMs, Math.min(1000 * seconds, load?.expectedMs ?? Number.POSITIVE_INFINITY))
  const params: LatencyParams = {
    seconds,
    intervalMs,
    warmUpMs,
    ...(load !== undefined && { load: { name: load.name, version: load.version, params: load.params } }),
  }
  return {
    ...LATENCY,
    params,
    withParams: (changes) => latency(changed(options, changes)),
    expectedMs: Math.max(1000 * seconds, load?.expectedMs ?? 0),
    warmUpMs,
    ...(load?.directions !== undefined && { directions: load.directions }),
    ...(load?.origins !== undefined && { origins: load.origins }),
  }
}

/** What the pings have no parameter for is the load's. */
function changed(options: LatencyOptions, changes: Readonly<Record<string, unknown>>): LatencyOptions {
  const { load } = options
  if (load === undefined) return { ...options, ...changes }
  const own = Object.entries(changes).filter(([key]) => key in schema.properties)
  const others = Object.entries(changes).filter(([key]) => !(key in schema.properties))
  return { ...options, load: load.withParams(Object.fromEntries(others)), ...Object.fromEntries(own) }
}

function checkWarmUp(warmUpMs: number, lastsMs: number): void {
  if (warmUpMs < lastsMs) return
  throw new InputError('INVALID_OPTION', `latency(): "warmUpMs" is ${warmUpMs} and the pings last ${lastsMs} ms: none would count.`, {
    hint: 'Give a shorter "warmUpMs", or more seconds to the pings and their load.',
  })
}

function checkLoad({ name, module }: Probe): void {
  if (module === undefined && name !== LATENCY.name) return
  const what = module === undefined ? 'moves no bytes' : 'is not built in'
  throw new InputError('INVALID_OPTION', `latency(): "load" must be a built-in bandwidth probe, got "${name}", which ${what}.`, {
    hint: 'Give a bandwidth probe, for example iperf3({seconds: 2}).',
  })
}
