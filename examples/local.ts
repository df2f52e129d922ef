// How do up to 26 functions on one host share its uplink? Run it: npx netfair run examples/local.ts
import { defineExperiment, iperf3 } from 'netfair'
import { local } from 'netfair/local'

export default defineExperiment({
  provider: local({ uplinkBitsPerSecond: 600e6, sharing: 'fifo' }),
  probe: iperf3({ seconds: 2 }),
  memoryMb: [2048],
  concurrency: [1, 2, 4, 8, 16, 26],
  repetitions: 6,
  seed: 1,
})
