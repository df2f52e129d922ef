import { Readable } from 'node:stream'
import type { PutOptions } from '../model/object-client.ts'

/** Hands all of a stream to `take`, piece by piece, and keeps nothing. */
export async function takeAll(stream: Readable, take: (piece: Uint8Array) => void, signal: AbortSignal): Promise<void> {
  const abort = (): void => void stream.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    await new Promise<void>((resolve, reject) => {
      stream.on('data', (piece: Uint8Array) => {
        try {
          take(piece)
        } catch (error) {
          stream.destroy(error as Error)
        }
      })
      stream.once('end', resolve)
      stream.once('error', reject)
      stream.once('close', () => reject(new Error('The body ended early.')))
    })
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** The content as a stream; what is taken from it counts as sent. */
export function countedStream({ pieces, sent }: Pick<PutOptions, 'pieces' | 'sent'>): Readable {
  const counted = function* (): Iterable<Uint8Array> {
    for (const piece of pieces()) {
      yield piece
      // Asked for the next one: this one is on its way.
      sent(piece.length)
    }
  }
  return Readable.from(counted(), { objectMode: false, highWaterMark: 256 * 1024 })
}
