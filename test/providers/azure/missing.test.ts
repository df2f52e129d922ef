import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { onBed, useAzureBed } from './bed.ts'
import { failureOf } from './disclosure.ts'

const bed = await useAzureBed({ limits: { memoryMb: 20 * 2048 } })
afterEach(() => vi.unstubAllEnvs())
afterAll(() => bed[Symbol.asyncDispose]())

test('the SDK, which nothing needs before it is used', async () => {
  const script = fileURLToPath(new URL('fixtures/without-sdk.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [script])
  expect(JSON.parse(stdout)).toEqual({ made: 'azure', code: 'PACKAGE_MISSING', hint: 'Run `npm install @azure/arm-appservice`.' })
})

test.each([
  [4096, 10, 11],
  [2048, 20, 21],
  [512, 80, 81],
])('quota of the region at %i MB', async (size, most, tooMany) => {
  await onBed(bed).check({ memoryMb: [512, size], concurrency: most })
  expect(await failureOf(onBed(bed).check({ memoryMb: [512, size], concurrency: tooMany }))).toMatchObject({
    code: 'INVALID_CONCURRENCY',
    message: `concurrency is ${tooMany}; the quota of 20 cores in westeurope allows ${most} instances of ${size} MB at once.`,
  })
})

test('the right to see the quota: nothing is refused without it', async () => {
  bed.faults.next(/sage/, 'forbidden')
  expect(await onBed(bed).check({ memoryMb: [4096], concurrency: 999 })).toMatchObject({ name: 'azure' })
})

test('nobody who listens', async () => {
  vi.stubEnv('NETFAIR_AZURE_ENDPOINT', 'https://127.0.0.1:1')
  const credential = { getToken: async () => ({ token: 'PLANTED', expiresOnTimestamp: Date.now() + 3_600_000 }) }
  const error = await failureOf(onBed(bed, { credential }).check())
  expect(error).toMatchObject({ code: 'PLATFORM_UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') })
})
