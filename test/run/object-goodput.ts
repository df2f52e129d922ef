import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import { objectDownload } from '../../src/probes/object-storage/object-download.ts'
import { objectUpload } from '../../src/probes/object-storage/object-upload.ts'
import { local } from '../../src/providers/local.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'
import { prepareData } from '../../src/storage/prepare-data.ts'
import { nginxBehindUplink } from '../test-bed/storage/nginx-behind-uplink.ts'
import { startS3 } from '../test-bed/storage/s3.ts'

export interface GoodputCase {
  readonly megabits: number
  readonly transport: 'signed-url' | 'sdk'
  readonly direction: 'download' | 'upload'
}

export const goodputCases: readonly GoodputCase[] = [100, 500].flatMap((megabits) =>
  (['signed-url', 'sdk'] as const).flatMap((transport) =>
    (['download', 'upload'] as const).map((direction) => ({ megabits, transport, direction })),
  ),
)

/** What the report says of one function that moves objects ÷ what TCP leaves of the uplink. */
export async function objectGoodput(
  { megabits, transport, direction }: GoodputCase,
  { seconds, repetitions }: { readonly seconds: number; readonly repetitions: number },
): Promise<number> {
  const rate = 1e6 * megabits
  const chunkBytes = 20e6
  await using server = await startS3()
  Object.assign(process.env, server.environment)
  await prepareData(server.location, { chunkBytes: [chunkBytes], count: 1 })
  await using placed = await nginxBehindUplink(local({ uplinkBitsPerSecond: rate, sharing: 'fifo' }), server)
  const probe = { download: objectDownload, upload: objectUpload }[direction]
  const experiment = defineExperiment({
    provider: placed.provider,
    probe: probe({ store: placed.location, chunkBytes, seconds, transport }),
    memoryMb: [3008],
    concurrency: [1],
    direction: [direction],
    repetitions,
  })
  const report = analyzeJournal(await run(experiment))
  return (report.cells[0]?.aggregate.medianBitsPerSecond ?? Number.NaN) / (rate * (1448 / 1514))
}
