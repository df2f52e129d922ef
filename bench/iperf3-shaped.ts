/** Our iperf3 client ÷ real `iperf3 -c` over a routed path shaped to 100 Mbit/s, alternating. `node bench/iperf3-shaped.ts` */
import { GOODPUT, received } from '../test/probes/iperf3/shaped-transfer.ts'

const pairs = 7
for (const direction of ['download', 'upload'] as const) {
  const ratios: number[] = []
  const ours: number[] = []
  for (let pair = 0; pair < pairs; pair++) {
    const netfair = await received('netfair', direction)
    ratios.push(netfair / (await received('iperf3', direction)))
    ours.push(netfair / GOODPUT)
  }
  const [ratio, own] = [ratios, ours].map((values) => values.toSorted((a, b) => a - b))
  const range = `[${ratio?.[0]?.toFixed(4)}, ${ratio?.at(-1)?.toFixed(4)}]`
  const median = (values: readonly number[] | undefined) => values?.[(pairs - 1) / 2]?.toFixed(4)
  console.log(`${direction}: ours ÷ real, median of ${pairs}: ${median(ratio)} ${range}; ours ÷ (rate × 1448/1514): ${median(own)}`)
}
