/**
 * What `import … from 'netfair'` gives inside a cloud function: what the module of a probe of one's own needs there, and stand-ins that do
 * nothing for the rest, where an experiment is written in the same file.
 */
export { ExpectationError, InputError, MeasurementError, NetfairError } from '../../model/errors.ts'

/** Keeps the code, which is what the agent looks for. */
export const defineProbe = (code: object): object => Object.assign(() => absent, { code })

/** Does nothing, whatever is done with it. */
const absent: object = new Proxy(() => absent, { get: (_, key) => (key === 'then' ? undefined : absent) })

export {
  absent as analyze,
  absent as assertBandwidth,
  absent as assertFair,
  absent as assertIsolated,
  absent as assertNotWorse,
  absent as aws,
  absent as azure,
  absent as azureBlob,
  absent as azureSubscription,
  absent as bcaInterval,
  absent as compare,
  absent as comparisonJson,
  absent as defaultThresholds,
  absent as defineExperiment,
  absent as gcp,
  absent as gcs,
  absent as httpDownload,
  absent as iperf3,
  absent as latency,
  absent as loadJournal,
  absent as local,
  absent as objectDownload,
  absent as objectUpload,
  absent as plan,
  absent as planRepetitions,
  absent as prepareData,
  absent as readJournal,
  absent as removeData,
  absent as reportJson,
  absent as run,
  absent as s3,
  absent as summarize,
}
