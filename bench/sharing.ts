/**
 * The truths of the local host through the whole chain, at full length: aggregate ÷ expected, Jain, verdict, for every policy and
 * direction. Takes about 3 minutes a policy. `node bench/sharing.ts [fifo] [fair] [capped] [knee]`
 */
import { analyze, defineExperiment, iperf3, run } from 'netfair'
import { type LocalOptions, local } from 'netfair/local'

/** Payload over frame: what of a shaped rate a TCP stream gets. */
const payload = 1448 / 1514

const truths: Readonly<Record<string, { readonly options: LocalOptions; aggregate(n: number): number }>> = {
  fifo: { options: { uplinkBitsPerSecond: 600e6, sharing: 'fifo' }, aggregate: () => 600e6 },
  fair: { options: { uplinkBitsPerSecond: 600e6, sharing: 'fair' }, aggregate: () => 600e6 },
  capped: { options: { uplinkBitsPerSecond: 600e6, sharing: 'capped', capBitsPerSecond: 20e6 }, aggregate: (n) => n * 20e6 },
  knee: { options: { uplinkBitsPerSecond: 200e6, sharing: 'capped', capBitsPerSecond: 50e6 }, aggregate: (n) => Math.min(n * 50e6, 200e6) },
}

const chosen = process.argv.slice(2)
for (const [name, { options, aggregate }] of Object.entries(truths)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  const experiment = defineExperiment({
    provider: local(options),
    probe: iperf3({ seconds: 2 }),
    memoryMb: [2048],
    concurrency: [1, 2, 4, 8, 16, 26],
    direction: ['download', 'upload'],
    repetitions: 6,
  })
  const { cells, sharing } = await analyze(await run(experiment))
  for (const { direction, concurrency, aggregate: measured, fairness, overlap, roundsUsed } of cells) {
    const megabits = (measured.medianBitsPerSecond ?? Number.NaN) / 1e6
    const ratio = megabits / ((aggregate(concurrency) * payload) / 1e6)
    const jain = fairness?.jain?.toFixed(4) ?? '–'
    console.log(
      `${name} ${direction} n=${concurrency}: ${megabits.toFixed(1)} Mbit/s, ÷ expected ${ratio.toFixed(4)}, Jain ${jain}, overlap ${overlap?.toFixed(3)}, ${roundsUsed} rounds`,
    )
  }
  for (const { direction, verdict, grade, confidence, upToConcurrency, knee } of sharing) {
    const at = knee === null ? '' : `, knee ${knee.value.toFixed(2)} [${knee.low?.toFixed(2)}, ${knee.high?.toFixed(2)}]`
    console.log(`${name} ${direction}: ${verdict} (${grade}, ${confidence}) up to ${upToConcurrency}${at}`)
  }
}
