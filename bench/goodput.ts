/** Goodput of one function behind an uplink ÷ (rate × 1448/1514), and start skew of 26 functions over 8 rounds. `node bench/goodput.ts` */
import { analyze, defineExperiment, iperf3, run } from 'netfair'
import { local } from 'netfair/local'

for (const rate of [50e6, 500e6]) {
  const experiment = defineExperiment({
    provider: local({ uplinkBitsPerSecond: rate, sharing: 'fifo' }),
    probe: iperf3({ seconds: 2 }),
    memoryMb: [2048],
    concurrency: [1],
    direction: ['download', 'upload'],
    repetitions: 9,
  })
  const { cells } = await analyze(await run(experiment))
  for (const { direction, aggregate } of cells) {
    const ratio = (aggregate.medianBitsPerSecond ?? Number.NaN) / (rate * (1448 / 1514))
    const { low = Number.NaN, high = Number.NaN } = aggregate.interval ?? {}
    const range = [low, high].map((value) => (value / (rate * (1448 / 1514))).toFixed(4))
    console.log(`${rate / 1e6} Mbit/s ${direction}: ÷ expected ${ratio.toFixed(4)} [${range.join(', ')}]`)
  }
}

const together = defineExperiment({
  provider: local({ uplinkBitsPerSecond: 600e6, sharing: 'fifo' }),
  probe: iperf3({ seconds: 1 }),
  memoryMb: [2048],
  concurrency: [26],
  repetitions: 8,
})
const { rounds, samples } = await run(together)
const skews = rounds.map(({ id }) => {
  const starts = samples.flatMap((sample) => (sample.round === id && sample.startedAtMs !== undefined ? [sample.startedAtMs] : []))
  return Math.max(...starts) - Math.min(...starts)
})
const sorted = skews.toSorted((a, b) => a - b)
const middle = ((sorted[3] ?? Number.NaN) + (sorted[4] ?? Number.NaN)) / 2
console.log(`start skew of 26 functions, ms: median ${middle.toFixed(1)}, all ${skews.map((skew) => skew.toFixed(1)).join(' ')}`)
