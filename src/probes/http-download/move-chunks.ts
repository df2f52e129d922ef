import type { Capabilities, Download, DownloadTransfer } from '../../model/capabilities.ts'
import { NetfairError } from '../../model/errors.ts'
import type { WorkQueue } from '../../model/fixed-work.ts'
import type { Chunk, SampleError } from '../../model/journal-record.ts'
import type { Measurement } from '../../model/probe.ts'

/**
 * Downloads the chunks of a fixed work, one after the other.
 * @param open - opens what one chunk needs, with the chunk's size as its limit
 * @param first - opened already
 */
export async function moveChunks(
  work: WorkQueue,
  capabilities: Capabilities,
  open: () => Promise<Download>,
  first: Download,
): Promise<Measurement> {
  const startedAtMs = capabilities.now()
  const transfers: DownloadTransfer[] = []
  let ready: Download | undefined = first
  const chunks = await work.moveEach(async (index): Promise<Chunk> => {
    const startMs = capabilities.now()
    const opening = ready ?? open()
    ready = undefined
    const { transfer, error } = await moveOne(opening)
    if (transfer !== undefined) transfers.push(transfer)
    const { firstByteMs } = transfer?.facts() ?? {}
    return {
      id: String(index),
      startMs,
      endMs: capabilities.now(),
      bytes: transfer?.bytes ?? 0,
      ok: error === undefined,
      ...(firstByteMs !== undefined && { firstByteMs }),
      ...(error !== undefined && { error }),
    }
  })
  const sum = (figure: (transfer: DownloadTransfer) => number): number => transfers.reduce((total, each) => total + figure(each), 0)
  return {
    direction: 'download',
    bytes: sum(({ bytes }) => bytes),
    startedAtMs,
    endedAtMs: capabilities.now(),
    intervals: transfers.flatMap((transfer) => transfer.intervals()),
    chunks,
    values: { requests: sum((transfer) => transfer.facts().requests), retries: sum((transfer) => transfer.facts().retries) },
  }
}

async function moveOne(
  opening: Promise<Download> | Download,
): Promise<{ readonly transfer?: DownloadTransfer; readonly error?: SampleError }> {
  let download: Download | undefined
  let transfer: DownloadTransfer | undefined
  try {
    download = await opening
    transfer = download.start()
    await transfer.ended
    return { transfer }
  } catch (error) {
    transfer?.stop()
    const failure = {
      code: error instanceof NetfairError ? error.code : 'CHUNK_FAILED',
      message: error instanceof Error ? error.message : String(error),
    }
    return { ...(transfer !== undefined && { transfer }), error: failure }
  } finally {
    download?.close()
  }
}
