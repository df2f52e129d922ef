/**
 * Accuracy of the plain tier's uplink in user space: aggregate ÷ expected and Jain, for rates, policies, functions and streams, in both
 * directions. `node bench/plain.ts [row…]`, rows count from 0; each takes about 15 s.
 */
import { analyze, defineExperiment, iperf3, run } from 'netfair'
import { type LocalOptions, local } from 'netfair/local'

const payload = 1448 / 1514

const rows: readonly { readonly options: LocalOptions; readonly concurrency: readonly number[]; readonly parallel?: number }[] = [
  { options: { sharing: 'fifo', uplinkBitsPerSecond: 20e6 }, concurrency: [1, 26] },
  { options: { sharing: 'fair', uplinkBitsPerSecond: 20e6 }, concurrency: [4, 26] },
  { options: { sharing: 'capped', uplinkBitsPerSecond: 600e6, capBitsPerSecond: 50e6 }, concurrency: [4, 26] },
  { options: { sharing: 'fair', uplinkBitsPerSecond: 200e6 }, concurrency: [8, 26], parallel: 8 },
  { options: { sharing: 'fifo', uplinkBitsPerSecond: 1e9 }, concurrency: [1, 26] },
  { options: { sharing: 'fair', uplinkBitsPerSecond: 1e9 }, concurrency: [1, 26] },
  { options: { sharing: 'fair', uplinkBitsPerSecond: 5e9 }, concurrency: [1, 8] },
]

const chosen = process.argv.slice(2).map(Number)
for (const [index, { options, concurrency, parallel = 1 }] of rows.entries()) {
  if (chosen.length > 0 && !chosen.includes(index)) continue
  const { sharing, uplinkBitsPerSecond = 0, capBitsPerSecond = uplinkBitsPerSecond } = options
  const experiment = defineExperiment({
    provider: local({ ...options, tier: 'plain' }),
    probe: iperf3({ seconds: 2, parallel }),
    memoryMb: [512],
    concurrency,
    direction: ['download', 'upload'],
    repetitions: 1,
  })
  const { cells } = await analyze(await run(experiment), { hostIdle: -1 })
  for (const { direction, concurrency: n, aggregate, fairness, failed } of cells) {
    const expected = Math.min(uplinkBitsPerSecond, n * capBitsPerSecond) * payload
    const ratio = ((aggregate.medianBitsPerSecond ?? Number.NaN) / expected).toFixed(4)
    const jain = fairness?.jain?.toFixed(4) ?? '–'
    const what = `${sharing} ${uplinkBitsPerSecond / 1e6} Mbit/s, ${direction}, n=${n} × ${parallel} streams`
    console.log(`${what}: ÷ expected ${ratio}, Jain ${jain}, ${failed} failed`)
  }
}
