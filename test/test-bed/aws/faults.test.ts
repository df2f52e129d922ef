import { GetAccountSettingsCommand, GetFunctionCommand, ListFunctionsCommand, TagResourceCommand } from '@aws-sdk/client-lambda'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type AwsBed, startAwsBed } from '../aws.ts'
import { create, invoke, lambdaClient } from './lambda-client.ts'
import type { ErrorKind } from './service-error.ts'

let bed: AwsBed
beforeAll(async () => {
  bed = await startAwsBed({ settleMs: 0 })
})
afterEach(() => bed.faults.clear())
afterAll(() => bed[Symbol.asyncDispose]())

const list = () => lambdaClient(bed).send(new ListFunctionsCommand())

test.each<readonly [ErrorKind, string, number]>([
  ['notFound', 'ResourceNotFoundException', 404],
  ['conflict', 'ResourceConflictException', 409],
  ['throttled', 'TooManyRequestsException', 429],
  ['quota', 'CodeStorageExceededException', 400],
  ['invalid', 'InvalidParameterValueException', 400],
  ['accessDenied', 'AccessDeniedException', 403],
  ['expiredToken', 'ExpiredTokenException', 403],
  ['unknownKey', 'UnrecognizedClientException', 403],
  ['badSignature', 'InvalidSignatureException', 403],
  ['serverError', 'ServiceException', 500],
  ['unavailable', 'SyntaxError', 503],
])('%s comes as %s', async (kind, name, status) => {
  bed.faults.fail('ListFunctions', kind)
  const error = await list().catch((failure: unknown) => failure)
  expect(error).toMatchObject({ name, $metadata: { httpStatusCode: status } })
  expect((await list()).Functions).toBeDefined()
})

test('a throttled request is sent again by the SDK', async () => {
  bed.faults.fail('GetAccountSettings', 'throttled', { times: 2 })
  const served = bed.requests.length
  const { AccountLimit } = await lambdaClient(bed, { maxAttempts: 3 }).send(new GetAccountSettingsCommand())
  expect(AccountLimit).toMatchObject({ ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 })
  expect(bed.requests.slice(served).map(({ operation }) => operation)).toEqual(Array(3).fill('GetAccountSettings'))
})

test('the answer of a request that was done can be lost', async () => {
  bed.faults.fail('CreateFunction', 'serverError', { after: true })
  await expect(create(lambdaClient(bed), bed, { FunctionName: 'netfair-lost' })).rejects.toMatchObject({ name: 'ServiceException' })
  expect(bed.remains()).toEqual(['eu-central-1/netfair-lost'])
})

test('a request can hang at any step of a deploy, before or after it is done', async () => {
  const client = lambdaClient(bed)
  const deploy = async (FunctionName: string) => {
    const { FunctionArn: Resource } = await create(client, bed, { FunctionName })
    await client.send(new GetFunctionCommand({ FunctionName }))
    await client.send(new TagResourceCommand({ Resource, Tags: { step: '2' } }))
  }
  const before = bed.faults.hangAtStep(1)
  void deploy('netfair-before').catch(() => undefined)
  expect(await before).toMatchObject({ operation: 'CreateFunction', name: 'netfair-before' })
  expect(bed.remains()).not.toContain('eu-central-1/netfair-before')
  const after = bed.faults.hangAtStep(2, { after: true })
  void deploy('netfair-after').catch(() => undefined)
  expect(await after).toMatchObject({ operation: 'TagResource' })
  const { Tags } = await client.send(new GetFunctionCommand({ FunctionName: 'netfair-after' }))
  expect(Tags).toEqual({ step: '2' })
})

test('a deploy can fail after its function was made', async () => {
  bed.faults.failDeploy()
  const client = lambdaClient(bed)
  await create(client, bed, { FunctionName: 'netfair-failed' })
  const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName: 'netfair-failed' }))
  expect(Configuration).toMatchObject({ State: 'Failed', StateReason: expect.stringContaining('internal error') })
  await expect(invoke(client, {}, { FunctionName: 'netfair-failed' })).rejects.toMatchObject({ name: 'ResourceConflictException' })
})

test('answers can be late, starts cold, and invocations out of time', async () => {
  const client = lambdaClient(bed)
  bed.faults.delay('ListFunctions', 300)
  const from = performance.now()
  await list()
  expect(performance.now() - from).toBeGreaterThanOrEqual(295)
  await create(client, bed)
  bed.faults.coldStartMs = 500
  const { log } = await invoke(client)
  expect(Number(/Init Duration: ([\d.]+)/.exec(log)?.[1])).toBeGreaterThanOrEqual(495)
  bed.faults.coldStartMs = 0
  bed.faults.timeOut()
  expect((await invoke(client)).value['errorMessage']).toMatch(/Task timed out after 3\.00 seconds$/)
})
