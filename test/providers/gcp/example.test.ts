import { afterAll, expect, test } from 'vitest'
import { runExample } from '../example-run.ts'
import { useGcpBed } from './lab.ts'

const bed = await useGcpBed()
afterAll(() => bed[Symbol.asyncDispose]())

test('node examples/gcp.ts, netfair run examples/gcp.ts', { timeout: 180_000 }, async () => {
  const untold = expect.objectContaining({ code: 'cost', message: expect.stringContaining('did not tell the billed time') })
  for (const report of await runExample('gcp.ts', bed)) {
    expect(report.experiment).toMatchObject({ provider: { name: 'gcp', variant: 'gen2', region: bed.region } })
    expect(report.warnings).toContainEqual(untold)
  }
})
