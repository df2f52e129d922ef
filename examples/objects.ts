// What do memory and parallelism buy functions of AWS Lambda that load 400 MB from S3? What must exist first: docs/object-storage.md.
// Once: npx netfair data prepare --store s3://$NETFAIR_BUCKET --chunk 10MB --count 40
// Run it: npx netfair run examples/objects.ts, or node examples/objects.ts
import { analyze, defineExperiment, objectDownload, reportJson, run, s3, type Target } from 'netfair'
import { aws } from 'netfair/aws'

const { AWS_REGION = 'us-east-1', NETFAIR_BUCKET = '', NETFAIR_CHUNK_MB = '10', NETFAIR_ROLE_ARN = '', NETFAIR_TARGET = '{}' } = process.env
const chunkBytes = Number(NETFAIR_CHUNK_MB) * 1e6

const experiment = defineExperiment({
  provider: aws({ region: AWS_REGION, roleArn: NETFAIR_ROLE_ARN }),
  probe: objectDownload({ store: s3({ bucket: NETFAIR_BUCKET, region: AWS_REGION }), chunkBytes }),
  work: { chunks: 40, chunkBytes },
  memoryMb: [256, 512, 2048],
  concurrency: [1, 2, 4, 8],
  repetitions: 3,
  seed: 1,
  target: JSON.parse(NETFAIR_TARGET) as Target,
})

export default experiment

if (import.meta.filename === process.argv[1]) console.log(reportJson(await analyze(await run(experiment))))
