import { analyze, run } from 'netfair'
import { beforeAll, expect, test } from 'vitest'
import experiment from './local.ts'

let report: Awaited<ReturnType<typeof analyze>>
beforeAll(async () => {
  report = await analyze(await run(experiment))
}, 300_000)

test('26 functions share one uplink', () => {
  expect(report.sharing[0]).toMatchObject({ verdict: 'shared', upToConcurrency: 26 })
})
