// Do functions of AWS Lambda take bandwidth from each other? What must exist first: docs/aws.md.
// NETFAIR_TARGET is the line that `netfair serve --host 0.0.0.0` prints, with an address that functions reach.
// Run it: npx netfair run examples/aws.ts, or node examples/aws.ts
import { analyze, defineExperiment, iperf3, reportJson, run, type Target } from 'netfair'
import { aws } from 'netfair/aws'

const { AWS_REGION = 'us-east-1', NETFAIR_ROLE_ARN = '', NETFAIR_TARGET = '{}' } = process.env

const experiment = defineExperiment({
  provider: aws({ region: AWS_REGION, roleArn: NETFAIR_ROLE_ARN }),
  probe: iperf3({ seconds: 1 }),
  memoryMb: [2048],
  concurrency: [1, 2, 4, 8],
  repetitions: 3,
  seed: 1,
  target: JSON.parse(NETFAIR_TARGET) as Target,
})

export default experiment

if (import.meta.filename === process.argv[1]) console.log(reportJson(await analyze(await run(experiment))))
