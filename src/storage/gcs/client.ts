import { pipeline } from 'node:stream/promises'
import { Storage } from '@google-cloud/storage'
import type { GetOptions, ObjectClient, ObjectClientOptions, PutOptions, RequestObserver } from '../../model/object-client.ts'
import type { StoreLocation } from '../../model/object-store.ts'
import { objectName, seenByFunctions } from '../object-store.ts'
import { countedStream, takeAll } from '../streams.ts'
import { gcsSettings } from './settings.ts'

/** The SDK wants multiples of it. */
const CHUNK_STEP_BYTES = 256 * 1024

let patched = false

/** When a read is given up the SDK's HTTP library leaves a rejection to nobody, which would end the process: the transfer has failed already. */
function survive(): void {
  if (patched) return
  patched = true
  process.on('unhandledRejection', (reason) => {
    if ((reason as NodeJS.ErrnoException | undefined)?.code !== 'ERR_STREAM_UNABLE_TO_PIPE') throw reason
  })
}

/** Google Cloud Storage by its SDK, as an application has it in a function: with its own CRC-32C of whole objects. */
export function openGcsClient(location: StoreLocation, { credentials = {} }: ObjectClientOptions): ObjectClient {
  survive()
  const bucket = new Storage(gcsSettings(seenByFunctions(location), credentials)).bucket(location.bucket)
  const fileOf = (id: string) => bucket.file(objectName(location, id))
  return {
    async get(id, { range, take }: GetOptions, observer: RequestObserver) {
      const part = range === undefined ? {} : { start: range.first, end: range.last }
      observer.requested(false)
      const stream = fileOf(id).createReadStream({ ...part, decompress: false })
      stream.once('response', () => observer.answered())
      await takeAll(stream, take, observer.signal)
    },
    async put(id, { partBytes, ...content }: PutOptions, observer: RequestObserver) {
      const chunkSize = partBytes === undefined ? {} : { chunkSize: Math.ceil(partBytes / CHUNK_STEP_BYTES) * CHUNK_STEP_BYTES }
      observer.requested(false)
      const into = fileOf(id).createWriteStream({ resumable: partBytes !== undefined, ...chunkSize })
      await pipeline(countedStream(content), into, { signal: observer.signal })
      observer.answered()
    },
    close: () => {},
  }
}
