import type { Readable } from 'node:stream'
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import type { GetOptions, ObjectClient, ObjectClientOptions, PutOptions, RequestObserver } from '../../model/object-client.ts'
import type { StoreLocation } from '../../model/object-store.ts'
import { objectName, seenByFunctions } from '../object-store.ts'
import { countedStream, takeAll } from '../streams.ts'
import { managedIdentity } from './managed-identity.ts'
import { accountKey, pipelineOptions, serviceUrl } from './settings.ts'

/** Azure Blob Storage by its SDK, as an application has it in a function. */
export function openAzureBlobClient(location: StoreLocation, { parallel, keepAlive, credentials = {} }: ObjectClientOptions): ObjectClient {
  const key = accountKey(credentials)
  const { account = '', bucket } = location
  const options = { ...pipelineOptions(location), keepAliveOptions: { enable: keepAlive } }
  const url = serviceUrl(seenByFunctions(location))
  const service =
    key === undefined
      ? new BlobServiceClient(url, managedIdentity(), options)
      : new BlobServiceClient(url, new StorageSharedKeyCredential(account, key), options)
  const container = service.getContainerClient(bucket)
  const blobOf = (id: string) => container.getBlockBlobClient(objectName(location, id))
  return {
    async get(id, { range, take }: GetOptions, observer: RequestObserver) {
      const { signal: abortSignal } = observer
      observer.requested(false)
      const { readableStreamBody } =
        range === undefined
          ? await blobOf(id).download(0, undefined, { abortSignal })
          : await blobOf(id).download(range.first, range.last - range.first + 1, { abortSignal })
      observer.answered()
      await takeAll(readableStreamBody as Readable, take, observer.signal)
    },
    async put(id, { bytes, partBytes, pieces, sent }: PutOptions, observer: RequestObserver) {
      const { signal: abortSignal } = observer
      observer.requested(false)
      if (partBytes === undefined) await blobOf(id).upload(() => countedStream({ pieces, sent }), bytes, { abortSignal })
      else await blobOf(id).uploadStream(countedStream({ pieces, sent }), partBytes, parallel, { abortSignal })
      observer.answered()
    },
    close: () => {},
  }
}
