import { afterAll, expect, test } from 'vitest'
import { runExample } from '../example-run.ts'
import { useAzureBed } from './bed.ts'

const bed = await useAzureBed({ location: 'eastus' })
afterAll(() => bed[Symbol.asyncDispose]())

test('node examples/azure.ts, netfair run examples/azure.ts', { timeout: 180_000 }, async () => {
  const untold = expect.objectContaining({ code: 'cost', message: expect.stringContaining('did not tell the billed time') })
  for (const report of await runExample('azure.ts', bed)) {
    expect(report.experiment).toMatchObject({ provider: { name: 'azure', variant: 'flex-consumption', region: 'eastus' } })
    expect(report.warnings).toContainEqual(untold)
  }
})
