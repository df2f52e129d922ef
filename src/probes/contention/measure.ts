import type { Measurement, ProbeCode, ProbeContext } from '../../model/probe.ts'
import { commonMs } from '../../model/units.ts'
import { type Iperf3Params, iperf3Probe } from '../iperf3/measure.ts'

/** Name and version of the probe `contention`. */
export const CONTENTION = { name: 'contention', version: '1.0.0' } as const

/** Parameters of the probe `contention`. */
export type ContentionParams = {
  /** Nonces of the instances that load the network in the second of three windows; all instances listen in all of them. */
  readonly senders: readonly string[]
  /** Of each window. */
  readonly windowMs: number
  /** Rate at which each instance listens. */
  readonly listenBitsPerSecond: number
  /** Largest rate of a sender's load, over all of its streams. */
  readonly sendBitsPerSecond: number
  /** Of a sender's load. */
  readonly streams: number
}

/** Without load, with, and again without. */
export const WINDOWS = 3

type Transfer = Awaited<ReturnType<NonNullable<typeof iperf3Probe.prepare>>>
interface Prepared {
  readonly listening: Transfer
  /** Absent where this instance sends nothing. */
  readonly load?: Transfer
}

/**
 * The probe `contention`: a slow download through three windows, beside which senders download as fast as they can in the second one.
 *
 * Its intervals are those of the slow download, also of a sender: who does not feel its own load cannot tell what others feel. Values:
 * `sends` (0 or 1), `loadBytes`.
 */
export const contentionProbe: ProbeCode<ContentionParams, Prepared> = {
  ...CONTENTION,

  async prepare(context) {
    const sends = context.params.senders.includes(context.instance ?? '')
    const [listening, load] = await Promise.all([
      iperf3Probe.prepare?.(listeningOf(context)),
      sends ? iperf3Probe.prepare?.(loadOf(context)) : undefined,
    ])
    return { listening, ...(load !== undefined && { load }) }
  },

  async run(context, { listening, load }) {
    const loaded = load === undefined ? undefined : loadLater(context, load)
    const [[heard], sent] = await Promise.all([iperf3Probe.run(listeningOf(context), listening), loaded])
    if (heard === undefined) return []
    const loadBytes = sent?.bytes ?? 0
    return [{ ...heard, bytes: (heard.bytes ?? 0) + loadBytes, values: { sends: sent === undefined ? 0 : 1, loadBytes } }]
  },
}

async function loadLater(context: ProbeContext<ContentionParams>, load: Transfer): Promise<Measurement | undefined> {
  const { capabilities, params } = context
  await capabilities.until(commonMs(capabilities.now() + params.windowMs))
  const [measurement] = await iperf3Probe.run(loadOf(context), load)
  return measurement
}

function listeningOf(context: ProbeContext<ContentionParams>): ProbeContext<Iperf3Params> {
  const { windowMs, listenBitsPerSecond } = context.params
  return transferOf(context, { seconds: (WINDOWS * windowMs) / 1000, parallel: 1, bitsPerSecond: listenBitsPerSecond })
}

function loadOf(context: ProbeContext<ContentionParams>): ProbeContext<Iperf3Params> {
  const { windowMs, sendBitsPerSecond, streams } = context.params
  return transferOf(context, { seconds: windowMs / 1000, parallel: streams, bitsPerSecond: sendBitsPerSecond / streams })
}

function transferOf(
  context: ProbeContext<ContentionParams>,
  transfer: Pick<Iperf3Params, 'seconds' | 'parallel' | 'bitsPerSecond'>,
): ProbeContext<Iperf3Params> {
  return { ...context, direction: 'download', params: { ...transfer, blockBytes: 131_072, engine: 'netfair' } }
}
