// Figure 6: time and bandwidth of a work that more and more functions on one host share, of 128 MB. node examples/paper/fig6.ts
import { analyze, objectDownload } from 'netfair'
import { figure } from './figure.ts'
import { moreFunctionsMoreTogether } from './work-claims.ts'

await figure(6, async ({ measure, smallMb, prepare, store, chunkBytes, chunks = 104, costMap }) => {
  await prepare([chunkBytes], chunks)
  const probe = objectDownload({ store, chunkBytes, transport: 'sdk' })
  const journal = await measure('work', { probe, memoryMb: [smallMb], work: { chunks, chunkBytes }, rehearsals: 1 })
  return [moreFunctionsMoreTogether(await analyze(journal, { costMap }))]
})
