// Figure 4: moving a chunk, and what it costs, over the memory of a function. node examples/paper/fig4.ts
import { analyze, iperf3, objectDownload, objectUpload } from 'netfair'
import { cpuBoundBelowTheKnee, iperf3IsNoEstimate, moreMemoryMoreBandwidth } from './claims.ts'
import { figure } from './figure.ts'
import { moreMemoryCostsMore } from './work-claims.ts'

await figure(4, async ({ measure, prepare, store, chunkBytes, chunks = 10, seconds, costMap, ...setting }) => {
  // Three minutes are few for four experiments.
  const repetitions = Math.max(1, setting.repetitions - 1)
  await prepare([chunkBytes], chunks)
  const [alone, object] = [{ concurrency: [1] }, { store, chunkBytes, transport: 'sdk' } as const]
  const network = await measure('iperf3', { ...alone, probe: iperf3({ seconds: 0.5 * seconds }), repetitions })
  // A small function needs seconds until the SDK's code is compiled.
  const download = objectDownload({ ...object, seconds: 1.5 * seconds })
  const downloads = await measure('downloads', { ...alone, probe: download, rehearsals: 3 })
  const upload = objectUpload({ ...object, seconds })
  const uploads = await measure('uploads', { ...alone, probe: upload, direction: ['upload'], rehearsals: 2, repetitions })
  const work = { chunks, chunkBytes, mode: 'one-per-invocation' } as const
  const probe = objectDownload(object)
  // From six rounds on the interval of a median needs no assumption, and is narrower.
  const whole = await measure('work', { ...alone, probe, work, rehearsals: 2, repetitions: setting.repetitions + 2 })
  const report = await analyze(downloads, { network })
  return [
    ...[moreMemoryMoreBandwidth(report), moreMemoryMoreBandwidth(await analyze(uploads))],
    ...[iperf3IsNoEstimate(report), cpuBoundBelowTheKnee(report)],
    ...moreMemoryCostsMore(await analyze(whole, { costMap })),
  ]
})
