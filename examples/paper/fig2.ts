// Figure 2: bandwidth of iperf3 over the memory of a function. node examples/paper/fig2.ts
import { analyze, iperf3 } from 'netfair'
import { sameAtEveryMemory } from './claims.ts'
import { figure } from './figure.ts'

await figure(2, async ({ measure, seconds }) => {
  const journal = await measure('iperf3', { probe: iperf3({ seconds }), concurrency: [1], direction: ['upload', 'download'] })
  return [sameAtEveryMemory(await analyze(journal))]
})
