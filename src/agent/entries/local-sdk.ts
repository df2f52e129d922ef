import type { OpenObjectClient } from '../../model/object-client.ts'
import { serveLocalAgent } from '../platforms/local.ts'

/** With the SDKs of all stores; each is loaded when a task needs it. */
const openObjectClient: OpenObjectClient = async (location, options) => {
  if (location.store === 's3') return (await import('../../storage/s3/client.ts')).openS3Client(location, options)
  if (location.store === 'gcs') return (await import('../../storage/gcs/client.ts')).openGcsClient(location, options)
  return (await import('../../storage/azure-blob/client.ts')).openAzureBlobClient(location, options)
}

serveLocalAgent({ openObjectClient })
