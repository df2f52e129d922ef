// Figure 3: bandwidth over the size of the file, at 1024 MB. node examples/paper/fig3.ts
import { analyze, objectDownload, objectUpload } from 'netfair'
import { sameForEverySize } from './claims.ts'
import { figure } from './figure.ts'

/** In chunks, as in the paper: 10, 20, 50, 100 and 200 MB. */
const SIZES = [1, 2, 5, 10, 20]

await figure(3, async ({ measure, prepare, store, chunkBytes: smallest, seconds, ...setting }) => {
  const chunkBytes = SIZES.map((size) => size * smallest)
  await prepare(chunkBytes, 2)
  // From six rounds on the interval of a median needs no assumption, and is narrower.
  const repetitions = setting.repetitions + 2
  const at = { memoryMb: [setting.middleMb], concurrency: [1], factors: { chunkBytes }, rehearsals: 1, repetitions }
  const options = { store, chunkBytes: smallest, transport: 'sdk', seconds: 1.5 * seconds } as const
  const downloads = await measure('downloads', { ...at, probe: objectDownload(options) })
  const uploads = await measure('uploads', { ...at, probe: objectUpload(options), direction: ['upload'] })
  return [sameForEverySize(await analyze(downloads)), sameForEverySize(await analyze(uploads))]
})
