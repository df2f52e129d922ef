import { startGcs } from '../test-bed/storage/gcs.ts'
import { startS3 } from '../test-bed/storage/s3.ts'
import { testMemory } from './object-memory.ts'

testMemory('S3', startS3)
testMemory('Google Cloud Storage', startGcs)
