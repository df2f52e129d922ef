// Figure 5: bandwidth of iperf3 over the number of functions on one host, of 128 MB. node examples/paper/fig5.ts
import { analyze, iperf3 } from 'netfair'
import { moreFunctionsLessEach } from './claims.ts'
import { figure } from './figure.ts'

await figure(5, async ({ measure, smallMb, seconds }) => {
  const journal = await measure('iperf3', { probe: iperf3({ seconds: 2 * seconds }), memoryMb: [smallMb] })
  return [moreFunctionsLessEach(await analyze(journal))]
})
