// Figure 7: response time and cost of a work that more and more functions on one host share, of 128 MB. node examples/paper/fig7.ts
import { analyze, objectDownload } from 'netfair'
import { figure } from './figure.ts'
import { moreFunctionsSooner, tooManyFunctionsOnlyCost } from './work-claims.ts'

await figure(7, async ({ measure, smallMb, prepare, store, chunkBytes, chunks = 104, costMap }) => {
  await prepare([chunkBytes], chunks)
  const probe = objectDownload({ store, chunkBytes, transport: 'sdk' })
  const journal = await measure('work', { probe, memoryMb: [smallMb], work: { chunks, chunkBytes }, rehearsals: 1 })
  const report = await analyze(journal, { costMap })
  return [moreFunctionsSooner(report), tooManyFunctionsOnlyCost(report)]
})
