// Figure 4: moving a chunk, and what it costs, over the memory of a function. node examples/paper/fig4.ts
import { analyze, iperf3, objectDownload, objectUpload } from 'netfair'
import { cpuBoundBelowTheKnee, iperf3IsNoEstimate, moreMemoryMoreBandwidth } from './claims.ts'
import { figure } from './figure.ts'
import { moreMemoryCostsMore } from './work-claims.ts'

await figure(4, async ({ measure, prepare, store, chunkBytes, chunks, seconds, costMap }) => {
  await prepare([chunkBytes], chunks)
  const [alone, object] = [{ concurrency: [1] }, { store, chunkBytes, transport: 'sdk', seconds } as const]
  const network = await measure('iperf3', { ...alone, probe: iperf3({ seconds }) })
  const downloads = await analyze(await measure('downloads', { ...alone, probe: objectDownload(object) }), { network })
  const uploads = await analyze(await measure('uploads', { ...alone, probe: objectUpload(object), direction: ['upload'] }))
  const work = { chunks, chunkBytes, mode: 'one-per-invocation' } as const
  const whole = await analyze(await measure('work', { ...alone, probe: objectDownload(object), work, repetitions: 3 }), { costMap })
  return [
    ...[moreMemoryMoreBandwidth(downloads), moreMemoryMoreBandwidth(uploads)],
    ...[iperf3IsNoEstimate(downloads), cpuBoundBelowTheKnee(downloads)],
    ...moreMemoryCostsMore(whole),
  ]
})
