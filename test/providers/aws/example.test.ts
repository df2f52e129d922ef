import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AwsBed, startAwsBed } from '../../test-bed/aws.ts'
import { runExample } from '../example-run.ts'

let bed: AwsBed
beforeAll(async () => {
  bed = await startAwsBed()
})
afterAll(() => bed?.[Symbol.asyncDispose]())

test('node examples/aws.ts, netfair run examples/aws.ts', { timeout: 180_000 }, async () => {
  for (const report of await runExample('aws.ts', bed))
    expect(report.experiment).toMatchObject({ provider: { name: 'aws', variant: 'lambda', region: bed.region } })
})
