// How many functions of a burst land on one host, by memory and burst? Here: dealt out in turn over four hosts of this machine.
// In a cloud: its provider and a target, as in examples/aws.ts. What its functions cannot tell is unknown, and the numbers "at least".
// Run it: node examples/colocation.ts
// Or: npx netfair run examples/colocation.ts --out results, then npx netfair colocation results/journal.ndjson
import { analyze, defineExperiment, latency, run } from 'netfair'
import { local } from 'netfair/local'

const experiment = defineExperiment({
  provider: local({ sharing: 'none', hosts: 4, placement: 'spread' }),
  probe: latency({ seconds: 0.3, intervalMs: 50 }), // as cheap as it comes: only the places count
  memoryMb: [512, 1024],
  concurrency: [2, 6, 12],
  repetitions: 3,
  seed: 1,
})

export default experiment

if (import.meta.filename === process.argv[1]) {
  const { colocation } = await analyze(await run(experiment))
  if (colocation === null) console.log('Cannot tell: no function told anything of its place.')
  for (const { memoryMb, concurrency, together, largest, unknownShare } of colocation?.landed ?? []) {
    const least = unknownShare > 0 ? 'at least ' : ''
    console.log(
      `${memoryMb} MB, ${concurrency} at once: ${least}${together.median.toFixed(2)} on the host of a function, itself counted, and`,
      `${least}${largest.median} on the fullest; unknown for ${Math.ceil(100 * unknownShare)} % of the functions.`,
    )
  }
}
