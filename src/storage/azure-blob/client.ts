import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { Readable } from 'node:stream'
import { BlobServiceClient, newPipeline, StorageSharedKeyCredential } from '@azure/storage-blob'
import type { GetOptions, ObjectClient, ObjectClientOptions, PutOptions, RequestObserver } from '../../model/object-client.ts'
import type { StoreLocation } from '../../model/object-store.ts'
import { objectName, seenByFunctions } from '../object-store.ts'
import { countedStream, takeAll } from '../streams.ts'
import { watchRequests } from '../watch-requests.ts'
import { managedIdentity } from './managed-identity.ts'
import { accountKey, pipelineOptions, serviceUrl } from './settings.ts'

/** Azure Blob Storage by its SDK, as an application has it in a function. */
export function openAzureBlobClient(location: StoreLocation, { parallel, keepAlive, credentials = {} }: ObjectClientOptions): ObjectClient {
  const key = accountKey(credentials)
  const { account = '', bucket, ca } = location
  const url = serviceUrl(seenByFunctions(location))
  const agent = url.startsWith('https:') ? new TlsAgent({ keepAlive, ...(ca !== undefined && { ca }) }) : new Agent({ keepAlive })
  const credential = key === undefined ? managedIdentity() : new StorageSharedKeyCredential(account, key)
  const pipeline = newPipeline(credential, pipelineOptions(location))
  // `keepAliveOptions` would take Node's own agent, which keeps connections, too.
  pipeline.factories.push({
    create: (next) => ({
      sendRequest: (request) => {
        request.agent = agent
        return next.sendRequest(request)
      },
    }),
  })
  const container = new BlobServiceClient(url, pipeline).getContainerClient(bucket)
  const blobOf = (id: string) => container.getBlockBlobClient(objectName(location, id))
  return {
    get: (id, { range, take }: GetOptions, observer: RequestObserver) =>
      watchRequests(location, observer, async () => {
        const { signal: abortSignal } = observer
        const { readableStreamBody } =
          range === undefined
            ? await blobOf(id).download(0, undefined, { abortSignal })
            : await blobOf(id).download(range.first, range.last - range.first + 1, { abortSignal })
        await takeAll(readableStreamBody as Readable, take, observer.signal)
      }),
    put: (id, { bytes, partBytes, pieces, sent }: PutOptions, observer: RequestObserver) =>
      watchRequests(location, observer, async () => {
        const { signal: abortSignal } = observer
        if (partBytes === undefined) await blobOf(id).upload(() => countedStream({ pieces, sent }), bytes, { abortSignal })
        else await blobOf(id).uploadStream(countedStream({ pieces, sent }), partBytes, parallel, { abortSignal })
      }),
    close: () => agent.destroy(),
  }
}
