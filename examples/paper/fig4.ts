// Figure 4: moving a chunk, and what it costs, over the memory of a function. node examples/paper/fig4.ts
import { analyze, iperf3, objectDownload, objectUpload } from 'netfair'
import { cpuBoundBelowTheKnee, iperf3IsNoEstimate, moreMemoryMoreBandwidth } from './claims.ts'
import { figure } from './figure.ts'
import { moreMemoryCostsMore } from './work-claims.ts'

await figure(4, async ({ measure, prepare, store, chunkBytes, chunks = 10, seconds, costMap, ...setting }) => {
  // Three minutes are few for four experiments.
  const repetitions = Math.max(1, setting.repetitions - 1)
  await prepare([chunkBytes], chunks)
  const [alone, object] = [{ concurrency: [1] }, { store, chunkBytes, transport: 'sdk', seconds: 1.5 * seconds } as const]
  const network = await measure('iperf3', { ...alone, probe: iperf3({ seconds: 0.5 * seconds }), repetitions })
  const downloads = await measure('downloads', { ...alone, probe: objectDownload(object) })
  const uploads = await measure('uploads', { ...alone, probe: objectUpload(object), direction: ['upload'], repetitions })
  const work = { chunks, chunkBytes, mode: 'one-per-invocation' } as const
  const whole = await measure('work', { ...alone, probe: objectDownload(object), work, repetitions })
  const report = await analyze(downloads, { network })
  return [
    ...[moreMemoryMoreBandwidth(report), moreMemoryMoreBandwidth(await analyze(uploads))],
    ...[iperf3IsNoEstimate(report), cpuBoundBelowTheKnee(report)],
    ...moreMemoryCostsMore(await analyze(whole, { costMap })),
  ]
})
