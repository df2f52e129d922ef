import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { AwsBed } from '../../test-bed/aws.ts'
import { onBed, useAwsBed } from './lab.ts'

let bed: AwsBed
beforeAll(async () => {
  bed = await useAwsBed()
})
afterEach(() => vi.unstubAllEnvs())
afterAll(() => bed?.[Symbol.asyncDispose]())

test('missing credentials', async () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) vi.stubEnv(name, undefined)
  await expect(onBed(bed).check()).rejects.toMatchObject({ code: 'CREDENTIALS_MISSING', hint: expect.stringContaining('AWS_PROFILE') })
  expect(bed.requests).toHaveLength(0)
})

test('a permission that the user does not have', async () => {
  const poor = await useAwsBed({ allowedActions: ['lambda:GetFunction'] })
  try {
    const error = await onBed(poor)
      .check()
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'PREREQUISITE_MISSING', message: expect.stringContaining('lambda:GetAccountSettings') })
    expect(String(error)).not.toContain('123456789012')
  } finally {
    await poor[Symbol.asyncDispose]()
    Object.assign(process.env, bed.environment)
  }
})

test('nobody who listens', async () => {
  vi.stubEnv('NETFAIR_AWS_ENDPOINT', 'https://127.0.0.1:1')
  await expect(onBed(bed).check()).rejects.toMatchObject({ code: 'PLATFORM_UNREACHABLE' })
})

test('the SDK, which nothing needs before it is used', async () => {
  const script = fileURLToPath(new URL('fixtures/without-sdk.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [script])
  expect(JSON.parse(stdout)).toEqual({ made: 'aws', code: 'PACKAGE_MISSING', hint: 'Run `npm install @aws-sdk/client-lambda`.' })
})
