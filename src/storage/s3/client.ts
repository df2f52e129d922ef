import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Readable } from 'node:stream'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import type { GetOptions, ObjectClient, ObjectClientOptions, PutOptions, RequestObserver } from '../../model/object-client.ts'
import type { StoreLocation } from '../../model/object-store.ts'
import { objectName, seenByFunctions } from '../object-store.ts'
import { countedStream, takeAll } from '../streams.ts'
import { watchRequests } from '../watch-requests.ts'
import { s3Settings } from './settings.ts'

/** S3 by its SDK, as an application has it in a function. */
export function openS3Client(location: StoreLocation, { parallel, keepAlive, credentials = {} }: ObjectClientOptions): ObjectClient {
  const { ca } = location
  const agent = { keepAlive, maxSockets: Math.max(50, parallel) }
  const client = new S3Client({
    ...s3Settings(seenByFunctions(location), credentials),
    requestHandler: { httpAgent: new HttpAgent(agent), httpsAgent: new HttpsAgent({ ...agent, ...(ca !== undefined && { ca }) }) },
  })
  const { bucket: Bucket } = location
  const keyOf = (id: string) => ({ Bucket, Key: objectName(location, id) })
  return {
    get: (id, { range, take }: GetOptions, observer: RequestObserver) =>
      watchRequests(location, observer, async () => {
        const Range = range === undefined ? {} : { Range: `bytes=${range.first}-${range.last}` }
        const { Body } = await client.send(new GetObjectCommand({ ...keyOf(id), ...Range }), { abortSignal: observer.signal })
        await takeAll(Body as Readable, take, observer.signal)
      }),
    put: (id, { bytes, partBytes, ...content }: PutOptions, observer: RequestObserver) =>
      watchRequests(location, observer, async () => {
        const Body = countedStream(content)
        if (partBytes === undefined) {
          const command = new PutObjectCommand({ ...keyOf(id), Body, ContentLength: bytes })
          await client.send(command, { abortSignal: observer.signal })
        } else {
          const upload = new Upload({ client, params: { ...keyOf(id), Body }, partSize: partBytes, queueSize: parallel })
          const abort = (): void => void upload.abort().catch(() => {})
          observer.signal.addEventListener('abort', abort, { once: true })
          await upload.done().finally(() => observer.signal.removeEventListener('abort', abort))
        }
      }),
    close: () => client.destroy(),
  }
}
