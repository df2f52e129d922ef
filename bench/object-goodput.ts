/**
 * Goodput of `object-download` and `object-upload`, as the report has it, behind an uplink of `local` ÷ (rate × 1448/1514, what TCP leaves of
 * full frames; HTTP heads are less than 0.01 % of an object). The store is a real nginx behind the same uplink.
 *
 *     node bench/object-goodput.ts [--rates 100,500] [--transports signed-url,sdk] [--directions download,upload] [--repetitions 7]
 *
 * One function moves objects of 20 MB, one after the other, for 3 s. Wanted: within 2 %. Needs root, ip, tc, nginx, setpriv.
 */
import { parseArgs } from 'node:util'
import { analyze, defineExperiment, objectDownload, objectUpload, prepareData, run } from 'netfair'
import { local } from 'netfair/local'
import { nginxBehindUplink } from '../test/test-bed/storage/nginx-behind-uplink.ts'
import { startS3 } from '../test/test-bed/storage/s3.ts'
import { median } from './client-under-quota.ts'

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '100,500' },
    transports: { type: 'string', default: 'signed-url,sdk' },
    directions: { type: 'string', default: 'download,upload' },
    repetitions: { type: 'string', default: '7' },
  },
})
const chunkBytes = 20e6
const PROBES = { download: objectDownload, upload: objectUpload }
const transports = (['signed-url', 'sdk'] as const).filter((transport) => values.transports.split(',').includes(transport))
const directions = (['download', 'upload'] as const).filter((direction) => values.directions.split(',').includes(direction))

await using server = await startS3()
Object.assign(process.env, server.environment)
await prepareData(server.location, { chunkBytes: [chunkBytes], count: 1 })
for (const rate of values.rates.split(',').map((megabits) => Number(megabits) * 1e6)) {
  const expected = rate * (1448 / 1514)
  await using placed = await nginxBehindUplink(local({ uplinkBitsPerSecond: rate, sharing: 'fifo' }), server)
  for (const transport of transports)
    for (const direction of directions) {
      const experiment = defineExperiment({
        provider: placed.provider,
        probe: PROBES[direction]({ store: placed.location, chunkBytes, seconds: 3, transport }),
        memoryMb: [3008],
        concurrency: [1],
        direction: [direction],
        repetitions: Number(values.repetitions),
      })
      const journal = await run(experiment)
      const aggregate = (await analyze(journal)).cells[0]?.aggregate
      const { low = Number.NaN, high = Number.NaN } = aggregate?.interval ?? {}
      const [middle, from, to] = [aggregate?.medianBitsPerSecond ?? Number.NaN, low, high].map((figure) => (figure / expected).toFixed(4))
      const cpu = median(journal.samples.map(({ cpuMs, bytes = 0 }) => ((cpuMs?.user ?? 0) + (cpuMs?.system ?? 0)) / 1e3 / (bytes / 1e9)))
      console.log(
        `${rate / 1e6} Mbit/s ${transport} ${direction}: ÷ expected ${middle} [${from}, ${to}], CPU s/GB with start ${cpu.toFixed(2)}`,
      )
    }
}
