import type { ObjectMoves, ObjectOptions, ObjectSession, Verify } from '../../model/capabilities.ts'
import { MeasurementError } from '../../model/errors.ts'
import type { Chunk, Direction } from '../../model/journal-record.ts'
import type { ObjectTransfer, ObjectTransport, StoreLocation } from '../../model/object-store.ts'
import type { Measurement, ProbeCode, ProbeContext } from '../../model/probe.ts'
import { commonMs } from '../../model/units.ts'

/** Parameters of the probes `object-download` and `object-upload`, checked, defaults filled in. */
export type ObjectParams = {
  readonly store: StoreLocation
  readonly chunkBytes: number
  /** Absent where bytes decide. */
  readonly seconds?: number
  readonly bytes?: number
  readonly transport: ObjectTransport
  readonly parallel: number
  readonly keepAlive: boolean
  readonly stallMs: number
  /** Downloads only. */
  readonly rangeBytes?: number
  readonly verify?: Verify
  readonly hot?: boolean
  /** Uploads only. */
  readonly partBytes?: number
}

/** Objects that are moved at the same time; the parts of one object come side by side instead. */
export const objectsAtOnce = ({ parallel, rangeBytes, partBytes }: Pick<ObjectParams, 'parallel' | 'rangeBytes' | 'partBytes'>): number =>
  rangeBytes === undefined && partBytes === undefined ? parallel : 1

export const objectDownloadProbe: ProbeCode<ObjectParams, ObjectSession> = probeOf('object-download', 'download')
export const objectUploadProbe: ProbeCode<ObjectParams, ObjectSession> = probeOf('object-upload', 'upload')

function probeOf(name: string, direction: Direction): ProbeCode<ObjectParams, ObjectSession> {
  return {
    name,
    version: '1.0.0',

    async prepare({ params, capabilities }) {
      if (capabilities.openObjects === undefined)
        throw new MeasurementError('OBJECTS_MISSING', `The probe ${name} was given no objects to move.`, {
          hint: 'Let the run and the agent come from the same version of netfair.',
        })
      const { parallel, keepAlive, stallMs, rangeBytes, partBytes, verify } = params
      const options: ObjectOptions = {
        direction,
        parallel,
        keepAlive,
        stallMs,
        ...(rangeBytes !== undefined && { rangeBytes }),
        ...(partBytes !== undefined && { partBytes }),
        ...(verify !== undefined && { verify }),
      }
      return await capabilities.openObjects(options)
    },

    async run(context, session) {
      const { capabilities } = context
      const { work } = capabilities
      const startedAtMs = capabilities.now()
      const moves = session.start()
      try {
        const chunks = await work?.moveEach(async (chunk) => chunkOf(String(chunk), await moves.move(chunk), direction))
        if (work === undefined) await repeat(moves, session.objects, context, startedAtMs)
        moves.stop()
        const endedAtMs = capabilities.now()
        if (chunks === undefined && moves.bytes === 0) throw silent(endedAtMs - startedAtMs)
        return [measurement(moves, direction, { startedAtMs, endedAtMs, ...(chunks !== undefined && { chunks }) })]
      } finally {
        session.close()
      }
    },
  }
}

/** Moves the task's objects again and again, until the time is over or the bytes have come. */
async function repeat(
  moves: ObjectMoves,
  objects: number,
  { params, capabilities }: ProbeContext<ObjectParams>,
  startedAtMs: number,
): Promise<void> {
  const { seconds, bytes = Number.POSITIVE_INFINITY } = params
  let over = false
  const lanes = objectsAtOnce(params)
  const lane = async (first: number): Promise<void> => {
    for (let index = first; !over && moves.bytes < bytes; index += lanes) {
      const { ok, error } = await moves.move(index % objects)
      if (!ok && !over) throw failed(error)
    }
  }
  const all = Promise.all(Array.from({ length: lanes }, (_, index) => lane(index)))
  all.catch(() => {})
  const end = seconds === undefined ? all : capabilities.until(commonMs(startedAtMs + 1000 * seconds))
  try {
    await Promise.race([all, end])
  } finally {
    over = true
    moves.stop()
  }
}

/** An object that could not be moved is a failed measurement: what it gave is no rate. */
function failed(error: ObjectTransfer['error']): MeasurementError {
  const { code = 'TRANSFER_FAILED', message = 'An object could not be moved.' } = error ?? {}
  return new MeasurementError(code, message, { hint: 'See what the store says.' })
}

/** A rate of 0 would say that the path is blocked; but it may be the store that thinks. */
function silent(waitedMs: number): MeasurementError {
  return new MeasurementError('STORE_SILENT', `Not one byte of an object moved within ${Math.round(waitedMs)} ms.`, {
    hint: 'Give it more `seconds`, or see whether the store answers, and over this path.',
  })
}

/** Of an upload that failed nothing is known to have arrived. */
function chunkOf(id: string, { startMs, endMs, bytes, ok, firstByteMs, error }: ObjectTransfer, direction: Direction): Chunk {
  return {
    id,
    startMs,
    endMs,
    bytes: ok || direction === 'download' ? bytes : 0,
    ok,
    ...(firstByteMs !== undefined && { firstByteMs }),
    ...(error !== undefined && { error }),
  }
}

function measurement(
  moves: ObjectMoves,
  direction: Direction,
  times: Pick<Measurement, 'startedAtMs' | 'endedAtMs' | 'chunks'>,
): Measurement {
  return {
    direction,
    bytes: moves.bytes,
    ...(direction === 'upload' && { countedBy: 'sender' }),
    ...times,
    intervals: moves.intervals(),
    values: moves.facts(),
  }
}
