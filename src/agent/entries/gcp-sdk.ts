import { onlyStore } from '../../storage/only-store.ts'
import { gcpFunction, type HttpFunction } from '../platforms/gcp.ts'

const openObjectClient = onlyStore('gcs', async () => (await import('../../storage/gcs/client.ts')).openGcsClient)

/** With the SDK of Google Cloud Storage. */
export const agent: HttpFunction = gcpFunction({ openObjectClient })
