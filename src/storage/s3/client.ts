import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Readable } from 'node:stream'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import type { GetOptions, ObjectClient, ObjectClientOptions, PutOptions, RequestObserver } from '../../model/object-client.ts'
import type { StoreLocation } from '../../model/object-store.ts'
import { objectName, seenByFunctions } from '../object-store.ts'
import { countedStream, takeAll } from '../streams.ts'
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
    async get(id, { range, take }: GetOptions, observer: RequestObserver) {
      const Range = range === undefined ? {} : { Range: `bytes=${range.first}-${range.last}` }
      const command = new GetObjectCommand({ ...keyOf(id), ...Range })
      const { Body } = await attempted(client.send(command, { abortSignal: observer.signal }), observer)
      observer.answered()
      await takeAll(Body as Readable, take, observer.signal)
    },
    async put(id, { bytes, partBytes, ...content }: PutOptions, observer: RequestObserver) {
      const Body = countedStream(content)
      if (partBytes === undefined) {
        const command = new PutObjectCommand({ ...keyOf(id), Body, ContentLength: bytes })
        await attempted(client.send(command, { abortSignal: observer.signal }), observer)
      } else {
        const upload = new Upload({ client, params: { ...keyOf(id), Body }, partSize: partBytes, queueSize: parallel })
        const abort = (): void => void upload.abort().catch(() => {})
        observer.signal.addEventListener('abort', abort, { once: true })
        await upload.done().finally(() => observer.signal.removeEventListener('abort', abort))
      }
      observer.answered()
    },
    close: () => client.destroy(),
  }
}

interface Attempted {
  readonly $metadata?: { readonly attempts?: number }
}

/** Tells of each attempt that the SDK has made, once it is over. */
async function attempted<Output extends Attempted>(sending: Promise<Output>, observer: RequestObserver): Promise<Output> {
  const tell = ({ $metadata: { attempts = 1 } = {} }: Attempted): void => {
    for (let attempt = 0; attempt < attempts; attempt++) observer.requested(attempt > 0)
  }
  try {
    const output = await sending
    tell(output)
    return output
  } catch (error) {
    tell(error as Attempted)
    throw error
  }
}
