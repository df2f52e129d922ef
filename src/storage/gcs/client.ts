import { pipeline } from 'node:stream/promises'
import { Storage } from '@google-cloud/storage'
import type { GetOptions, ObjectClient, ObjectClientOptions, PutOptions, RequestObserver } from '../../model/object-client.ts'
import type { StoreLocation } from '../../model/object-store.ts'
import { objectName, seenByFunctions } from '../object-store.ts'
import { countedStream, takeAll } from '../streams.ts'
import { watchRequests } from '../watch-requests.ts'
import { ownAgents } from './own-agents.ts'
import { gcsFunctionSettings } from './settings.ts'

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
export function openGcsClient(location: StoreLocation, { keepAlive, credentials }: ObjectClientOptions): ObjectClient {
  survive()
  const agents = ownAgents(seenByFunctions(location), keepAlive)
  const watched = (observer: RequestObserver, work: () => Promise<void>): Promise<void> =>
    agents.run(() => watchRequests(location, observer, work))
  const bucket = new Storage(gcsFunctionSettings(seenByFunctions(location), credentials)).bucket(location.bucket)
  const fileOf = (id: string) => bucket.file(objectName(location, id))
  return {
    get: (id, { range, take }: GetOptions, observer: RequestObserver) =>
      watched(observer, () => {
        const part = range === undefined ? {} : { start: range.first, end: range.last }
        return takeAll(fileOf(id).createReadStream({ ...part, decompress: false }), take, observer.signal)
      }),
    put: (id, { partBytes, ...content }: PutOptions, observer: RequestObserver) =>
      watched(observer, () => {
        const chunkSize = partBytes === undefined ? {} : { chunkSize: Math.ceil(partBytes / CHUNK_STEP_BYTES) * CHUNK_STEP_BYTES }
        const into = fileOf(id).createWriteStream({ resumable: partBytes !== undefined, ...chunkSize })
        return pipeline(countedStream(content), into, { signal: observer.signal })
      }),
    close: () => agents.close(),
  }
}
