// Do functions of Google Cloud take bandwidth from each other? What must exist first: docs/gcp.md.
// NETFAIR_TARGET is the line that `netfair serve --host 0.0.0.0` prints, with an address that functions reach.
// Run it: npx netfair run examples/gcp.ts, or node examples/gcp.ts
import { analyze, defineExperiment, iperf3, reportJson, run, type Target } from 'netfair'
import { gcp } from 'netfair/gcp'

const { GOOGLE_CLOUD_PROJECT = '', GOOGLE_CLOUD_REGION = 'us-central1', NETFAIR_TARGET = '{}' } = process.env

const experiment = defineExperiment({
  provider: gcp({ projectId: GOOGLE_CLOUD_PROJECT, region: GOOGLE_CLOUD_REGION }),
  probe: iperf3({ seconds: 1 }),
  memoryMb: [2048],
  concurrency: [1, 2, 4, 8],
  repetitions: 3,
  seed: 1,
  target: JSON.parse(NETFAIR_TARGET) as Target,
})

export default experiment

if (import.meta.filename === process.argv[1]) console.log(reportJson(await analyze(await run(experiment))))
