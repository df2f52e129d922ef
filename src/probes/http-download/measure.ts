import type { Download, DownloadFacts, DownloadTransfer } from '../../model/capabilities.ts'
import { MeasurementError } from '../../model/errors.ts'
import type { Measurement, ProbeCode, ProbeContext } from '../../model/probe.ts'
import type { Target } from '../../model/target.ts'
import { commonMs } from '../../model/units.ts'
import { moveChunks } from './move-chunks.ts'

/** Parameters of the probe `http-download`, checked, defaults filled in. */
export type HttpDownloadParams = {
  readonly url?: string
  /** Absent where bytes decide. */
  readonly seconds?: number
  readonly bytes?: number
  readonly parallel: number
  readonly rangeBytes?: number
  readonly keepAlive: boolean
  readonly headers?: Readonly<Record<string, string>>
  readonly ca?: string
}

/** One answer of netfair's own target has at most so many bytes. */
const LONGEST_ANSWER_BYTES = 1_000_000_000

/** The probe `http-download`, as the agent runs it. */
export const httpDownloadProbe: ProbeCode<HttpDownloadParams, Download> = {
  name: 'http-download',
  version: '1.0.0',

  async prepare(context) {
    return await open(context)
  },

  async run(context, download) {
    const { capabilities } = context
    const { work } = capabilities
    const startedAtMs = capabilities.now()
    try {
      if (work !== undefined) return [await moveChunks(work, capabilities, () => open(context), download)]
      const transfer = download.start()
      await ended(transfer, context, startedAtMs)
      const endedAtMs = capabilities.now()
      if (transfer.bytes === 0) throw silent(endedAtMs - startedAtMs)
      return [measurement(transfer, startedAtMs, endedAtMs)]
    } finally {
      download.close()
    }
  },
}

/** Until it is stopped, or has the bytes that were asked for; in a fixed work one chunk. */
function open({ params, target, capabilities }: ProbeContext<HttpDownloadParams>): Promise<Download> {
  const { parallel, rangeBytes, keepAlive, headers, ca } = params
  const bytes = capabilities.work?.chunkBytes ?? params.bytes
  return capabilities.openDownload(params.url ?? ownUrl(target, parallel, bytes), {
    parallel,
    keepAlive,
    ...(bytes !== undefined && { limitBytes: bytes }),
    ...(rangeBytes !== undefined && { rangeBytes }),
    ...(headers !== undefined && { headers }),
    ...(ca !== undefined && { ca }),
    ...(params.url === undefined && target.token !== undefined && { token: target.token }),
  })
}

/** So large that the connections need to ask again only now and then. */
function ownUrl({ http }: Target, parallel: number, bytes: number | undefined): string {
  const n = bytes === undefined ? LONGEST_ANSWER_BYTES : Math.min(Math.ceil(bytes / parallel), LONGEST_ANSWER_BYTES)
  return new URL(`/bytes?n=${n}`, http).href
}

/** Waits for the bytes, or for the end of the time. */
async function ended(
  transfer: DownloadTransfer,
  { params, capabilities }: ProbeContext<HttpDownloadParams>,
  startedAtMs: number,
): Promise<void> {
  const { seconds } = params
  if (seconds === undefined) return await transfer.ended
  await Promise.race([transfer.ended, capabilities.until(commonMs(startedAtMs + 1000 * seconds))])
  transfer.stop()
}

/** A rate of 0 would say that the path is blocked; but it may be the server that thinks. */
function silent(waitedMs: number): MeasurementError {
  return new MeasurementError('HTTP_SILENT', `Not one byte of a body came within ${Math.round(waitedMs)} ms.`, {
    hint: 'Give it more `seconds`, or see whether the server answers, and over this path.',
  })
}

function measurement(transfer: DownloadTransfer, startedAtMs: number, endedAtMs: number): Measurement {
  return {
    direction: 'download',
    bytes: transfer.bytes,
    startedAtMs,
    endedAtMs,
    intervals: transfer.intervals(),
    values: figures(transfer.facts()),
  }
}

const figures = ({ requests, retries, connectMs, firstByteMs }: DownloadFacts): Readonly<Record<string, number>> => ({
  requests,
  retries,
  ...(connectMs !== undefined && { connectMs }),
  ...(firstByteMs !== undefined && { firstByteMs }),
})
