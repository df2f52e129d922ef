/**
 * Round trips over an idle `fifo` uplink, under load, and what the load adds ÷ the length of the queue, for several rates, queues, numbers of
 * functions and streams. Takes about 4 minutes. `node bench/latency.ts [MBIT/S] [QUEUE MS]`
 */
import { analyze, defineExperiment, iperf3, latency, run } from '../src/index.ts'
import { local } from '../src/providers/local.ts'

const settings = [
  [50e6, 50],
  [100e6, 20],
  [100e6, 100],
  [300e6, 20],
] as const
const [mbit, queue] = process.argv.slice(2).map(Number)
const chosen = mbit === undefined || queue === undefined ? settings : ([[mbit * 1e6, queue]] as const)
const ms = (value: number | null | undefined): string => (value ?? Number.NaN).toFixed(2)

for (const [uplinkBitsPerSecond, queueMs] of chosen) {
  const experiment = defineExperiment({
    provider: local({ uplinkBitsPerSecond, sharing: 'fifo', queueMs }),
    probe: latency({ load: iperf3({ seconds: 2 }), warmUpMs: 500 }),
    memoryMb: [2048],
    concurrency: [1, 2, 4],
    direction: ['download', 'upload'],
    factors: { parallel: [1, 4] },
    repetitions: 3,
  })
  const journal = await run(experiment)
  const knownMs = Number(journal.experiment.environment?.['queueMs'])
  const { cells } = await analyze(journal)
  for (const { direction, concurrency, factors, latency: seen } of cells) {
    const { medianMs = Number.NaN, p95Ms, idleMs = Number.NaN } = seen ?? {}
    const [typical, high] = [medianMs, p95Ms ?? Number.NaN].map((value) => ((value - idleMs) / knownMs).toFixed(3))
    console.log(
      `${uplinkBitsPerSecond / 1e6} Mbit/s, queue ${knownMs.toFixed(1)} ms, ${direction}, n = ${concurrency}, ${factors['parallel']} streams each: ` +
        `idle ${ms(idleMs)} ms, loaded ${ms(medianMs)} ms (95 %: ${ms(p95Ms)}); added ÷ queue ${typical} (95 %: ${high})`,
    )
  }
}

const idle = defineExperiment({
  provider: local({ uplinkBitsPerSecond: 100e6, sharing: 'fifo' }),
  probe: latency({ seconds: 1 }),
  memoryMb: [128, 2048],
  concurrency: [1, 8],
  repetitions: 3,
})
for (const { memoryMb, concurrency, latency: seen } of (await analyze(await run(idle))).cells) {
  console.log(`no load, ${memoryMb} MB, n = ${concurrency}: ${ms(seen?.medianMs)} ms (95 %: ${ms(seen?.p95Ms)})`)
}
