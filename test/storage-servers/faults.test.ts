import { openAzureBlobClient } from '../../src/storage/azure-blob/client.ts'
import { openS3Client } from '../../src/storage/s3/client.ts'
import { casesOf, faultMatrix, s3Cases } from '../probes/object-storage/fault-matrix.ts'
import { startAzurite } from './azurite.ts'
import { startRadosgw } from './radosgw.ts'

faultMatrix('Azurite, by HTTPS', {
  start: startAzurite,
  openClient: async (...args) => openAzureBlobClient(...args),
  tls: true,
  sdkWaitMs: 12_000,
  // The SDK sends again what it can.
  cases: casesOf({
    cut: [/^AbortError$/, 1],
    busy: [1, 1],
    broken: [1, 1],
    wrongBit: [/^CHECKSUM_MISMATCH$/, 0],
    expired: [/^AuthenticationFailed$/, /^AuthenticationFailed$/],
    redirect: [0, 0],
    elsewhere: [/./, /./],
  }),
})

faultMatrix('Ceph radosgw', {
  start: startRadosgw,
  openClient: async (...args) => openS3Client(...args),
  sdkWaitMs: 5000,
  cases: s3Cases,
})
