import { openGcsClient } from '../../../src/storage/gcs/client.ts'
import { openS3Client } from '../../../src/storage/s3/client.ts'
import { startGcs } from '../../test-bed/storage/gcs.ts'
import { startS3 } from '../../test-bed/storage/s3.ts'
import { casesOf, faultMatrix, STALLED, s3Cases } from './fault-matrix.ts'

faultMatrix('S3', {
  start: startS3,
  openClient: async (...args) => openS3Client(...args),
  sdkWaitMs: 5000,
  cases: s3Cases,
})

faultMatrix('Google Cloud Storage, by HTTPS', {
  start: startGcs,
  openClient: async (...args) => openGcsClient(...args),
  tls: true,
  sdkWaitMs: 8000,
  // A body that streams cannot be sent again; the SDK verifies what has arrived.
  cases: casesOf({
    cut: [/^ECONNRESET$/, /^ECONNRESET$/],
    busy: [1, /^STATUS_503$/],
    broken: [1, /^STATUS_500$/],
    wrongBit: [/^CONTENT_DOWNLOAD_MISMATCH$/, /^FILE_NO_UPLOAD$/],
    expired: [/^STATUS_400$/, /^STATUS_400$/],
    redirect: [0, /^FetchError$/],
    elsewhere: [STALLED, /^FetchError$/],
  }),
})
