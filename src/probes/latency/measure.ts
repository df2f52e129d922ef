import { MeasurementError } from '../../model/errors.ts'
import type { Measurement, ProbeCode, ProbeContext } from '../../model/probe.ts'
import { commonMs } from '../../model/units.ts'
import { EchoConnection } from './echo-connection.ts'
import { describeRoundTrips, medianRtt } from './round-trips.ts'

/** Name and version of the probe `latency`. */
export const LATENCY = { name: 'latency', version: '1.0.0' } as const

/** Parameters of the probe `latency`, checked, defaults filled in. */
export type LatencyParams = {
  readonly seconds: number
  readonly intervalMs: number
  readonly warmUpMs: number
  readonly load?: { readonly name: string; readonly version: string; readonly params: Readonly<Record<string, unknown>> }
}

type Code = ProbeCode<unknown, unknown>

interface Prepared {
  readonly echo: EchoConnection
  readonly load?: { readonly code: Code; readonly context: ProbeContext<unknown>; readonly prepared: unknown; readonly idleRttMs: number }
}

/** Pings before the round, while nothing else is on its way. */
const IDLE_PINGS = 10
const IDLE_INTERVAL_MS = 10

/** The probe `latency`, as the agent runs it. @param loads - code of the probes that may run beside the pings, by name */
export function latencyProbe(loads: ReadonlyMap<string, Code>): ProbeCode<LatencyParams, Prepared> {
  return {
    ...LATENCY,

    async prepare(context) {
      const { params, target, capabilities } = context
      const code = params.load === undefined ? undefined : loadCode(params.load, loads)
      const echo = await EchoConnection.open(target, capabilities)
      if (code === undefined) return { echo }
      try {
        const idleRttMs = await measureIdle(echo, context)
        const loadContext = { ...context, params: params.load?.params }
        return { echo, load: { code, context: loadContext, idleRttMs, prepared: await code.prepare?.(loadContext) } }
      } catch (error) {
        echo.close()
        throw error
      }
    },

    async run(context, { echo, load }) {
      try {
        const measurements = load === undefined ? undefined : load.code.run(load.context, load.prepared)
        return await beside(measurements, echo, context, load?.idleRttMs)
      } finally {
        echo.close()
      }
    },
  }
}

async function measureIdle(echo: EchoConnection, { capabilities, target }: ProbeContext<LatencyParams>): Promise<number> {
  const pinging = echo.ping(IDLE_INTERVAL_MS)
  await pinging.unlessBroken(capabilities.until(commonMs(capabilities.now() + (IDLE_PINGS - 0.5) * IDLE_INTERVAL_MS)))
  const median = medianRtt(await pinging.stop())
  if (median === undefined) throw silent(target.http)
  return median
}

/** Pings while the load runs, or alone; each direction that was measured gets the same round trips. */
async function beside(
  load: Promise<readonly Measurement[]> | undefined,
  echo: EchoConnection,
  { params, direction, capabilities, target }: ProbeContext<LatencyParams>,
  idleRttMs: number | undefined,
): Promise<readonly Measurement[]> {
  const startedAtMs = capabilities.now()
  const pinging = echo.ping(params.intervalMs)
  const timeOver = capabilities.until(commonMs(startedAtMs + 1000 * params.seconds))
  await pinging.unlessBroken(load === undefined ? timeOver : Promise.race([timeOver, load]))
  const endedAtMs = capabilities.now()
  const [pings, loaded] = await Promise.all([pinging.stop(), load])
  if (pings.every(({ rttMs }) => rttMs === undefined)) throw silent(target.http)
  const directions = direction === 'both' ? (['download', 'upload'] as const) : [direction]
  const measurements = loaded ?? directions.map((way): Measurement => ({ direction: way, startedAtMs, endedAtMs }))
  return measurements.map((measurement) => {
    const fromMs = measurement.startedAtMs + params.warmUpMs
    const during = pings.filter(({ sentAtMs }) => sentAtMs >= fromMs && sentAtMs < measurement.endedAtMs)
    const values = { ...describeRoundTrips(during), ...(idleRttMs !== undefined && { idleRttMs }) }
    return { ...measurement, values: { ...measurement.values, ...values } }
  })
}

function loadCode({ name, version }: NonNullable<LatencyParams['load']>, loads: ReadonlyMap<string, Code>): Code {
  const code = loads.get(name)
  if (code?.version === version) return code
  throw new MeasurementError('LOAD_UNKNOWN', `This agent has no load "${name}" of version ${version} to run beside the pings.`, {
    hint: `Use one of: ${[...loads.values()].map((one) => `${one.name} ${one.version}`).join(', ')}.`,
  })
}

function silent(origin: string): MeasurementError {
  return new MeasurementError('TARGET_SILENT', `${origin} answered no ping.`, {
    hint: 'See whether the target is overloaded or the path to it is blocked.',
  })
}
