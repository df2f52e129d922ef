import { GetFunctionConcurrencyCommand, InvokeCommand, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type AwsBed, startAwsBed } from '../aws.ts'
import { create, invoke, lambdaClient, zipOf } from './lambda-client.ts'

let bed: AwsBed
beforeAll(async () => {
  bed = await startAwsBed({ settleMs: 0, concurrency: 103 })
  await create(lambdaClient(bed), bed, { Timeout: 20, Environment: { Variables: { MINE: 'yes' } } })
})
beforeEach(() => bed.faults.clear())
afterAll(() => bed[Symbol.asyncDispose]())

const FunctionName = 'netfair-echo'
const REPORT =
  /^REPORT RequestId: (?<id>\S+)\tDuration: (?<duration>[\d.]+) ms\tBilled Duration: (?<billed>\d+) ms\tMemory Size: (?<size>\d+) MB\tMax Memory Used: (?<used>\d+) MB(?:\tInit Duration: (?<init>[\d.]+) ms)?(?<status>\tStatus: .*)?\t$/m

function reportOf(log: string): Record<string, number> {
  const { status: _, id: __, ...numbers } = REPORT.exec(log)?.groups ?? {}
  return Object.fromEntries(Object.entries(numbers).flatMap(([key, text]) => (text === undefined ? [] : [[key, Number(text)]])))
}

test('a cold start is billed with its init, a warm one without; the process stays', async () => {
  const client = lambdaClient(bed)
  const cold = await invoke(client, { print: 'one line' })
  const warm = await invoke(client, { sleepMs: 200 })
  expect(cold.value['pid']).toBe(warm.value['pid'])
  expect([cold.value['invocations'], warm.value['invocations']]).toEqual([1, 2])
  expect(cold.value['env']).toMatchObject({ MINE: 'yes', AWS_REGION: 'eu-central-1', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128' })
  expect(cold.log).toMatch(/^INIT_START .*\nSTART RequestId: \S+ Version: \$LATEST\n.*one line\nEND RequestId: /)
  const [first, second] = [reportOf(cold.log), reportOf(warm.log)]
  expect(first['billed']).toBe(Math.ceil(Number(((first['duration'] ?? 0) + (first['init'] ?? 0)).toFixed(2))))
  expect(second['init']).toBeUndefined()
  expect(second['duration']).toBeGreaterThanOrEqual(199)
  expect(second['billed']).toBe(Math.ceil(second['duration'] ?? 0))
  expect([second['size'], (second['used'] ?? 0) > 20]).toEqual([128, true])
})

test('the runtime is the one that was asked for', async () => {
  const { value } = await invoke(lambdaClient(bed))
  const ric = process.env['NETFAIR_LAMBDA_RUNTIME'] === 'aws-lambda-ric'
  expect(value['argv']).toContainEqual(expect.stringMatching(ric ? /aws-lambda-ric\/index\.mjs$/ : /aws\/runtime\.mjs$/))
})

test('several at once have an environment each', async () => {
  const client = lambdaClient(bed)
  const four = await Promise.all([1, 2, 3, 4].map(() => invoke(client, { sleepMs: 1500 })))
  expect(new Set(four.map(({ value }) => value['pid'])).size).toBe(4)
})

test('what is thrown, exits or takes too long is a function error, not a failed request', async () => {
  const client = lambdaClient(bed)
  const thrown = await invoke(client, { fail: 'kaboom' })
  expect(thrown).toMatchObject({ status: 200, error: 'Unhandled', value: { errorType: 'TypeError', errorMessage: 'kaboom' } })
  const exit = await invoke(client, { exit: 3 })
  expect(exit.value).toMatchObject({
    errorType: 'Runtime.ExitError',
    errorMessage: expect.stringMatching(/exited with error: exit status 3$/),
  })
  bed.faults.crash()
  const killed = await invoke(client)
  expect(killed.value).toMatchObject({ errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(/signal: killed$/) })
  await create(client, bed, { FunctionName: 'brief', Timeout: 1 })
  const late = await invoke(client, { sleepMs: 10_000 }, { FunctionName: 'brief' })
  expect(late).toMatchObject({ error: 'Unhandled', value: { errorMessage: expect.stringMatching(/Task timed out after 1\.00 seconds$/) } })
  expect(late.log).toContain('Status: timeout')
  expect(reportOf(late.log)['duration']).toBeCloseTo(1000, -2)
  expect((await invoke(client, {}, { FunctionName: 'brief' })).value['invocations']).toBe(1)
})

test('code that cannot be loaded fails when it is invoked', async () => {
  const client = lambdaClient(bed)
  await create(client, bed, { FunctionName: 'empty', Code: { ZipFile: zipOf({ 'other.mjs': '' }) } })
  const { error, value } = await invoke(client, {}, { FunctionName: 'empty' })
  expect({ error, type: value['errorType'] }).toEqual({ error: 'Unhandled', type: 'Runtime.ImportModuleError' })
})

test('6 MB each way are the limit', async () => {
  const client = lambdaClient(bed)
  const large = client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify('x'.repeat(6_291_455)) }))
  await expect(large).rejects.toMatchObject({ name: 'RequestTooLargeException', $metadata: { httpStatusCode: 413 } })
  const answer = await invoke(client, { bytes: 6_291_556 })
  expect(answer).toMatchObject({ error: 'Unhandled', value: { errorType: 'Function.ResponseSizeTooLarge' } })
  const broken = client.send(new InvokeCommand({ FunctionName, Payload: '{' }))
  await expect(broken).rejects.toMatchObject({ name: 'InvalidRequestContentException' })
})

test('an event is accepted and runs later; a dry run does not run', async () => {
  const client = lambdaClient(bed)
  const started = bed.instances().started
  expect((await invoke(client, {}, { InvocationType: 'DryRun' })).status).toBe(204)
  await create(client, bed, { FunctionName: 'later' })
  expect(bed.instances().started).toBe(started)
  expect((await invoke(client, {}, { FunctionName: 'later', InvocationType: 'Event' })).status).toBe(202)
  await expect.poll(() => bed.instances().started, { timeout: 10_000 }).toBe(started + 1)
  await expect.poll(() => bed.instances().busy, { timeout: 10_000 }).toBe(0)
})

test('beyond the reserved concurrency it is throttled', async () => {
  const client = lambdaClient(bed)
  await create(client, bed, { FunctionName: 'guarded', Timeout: 20 })
  await client.send(new PutFunctionConcurrencyCommand({ FunctionName: 'guarded', ReservedConcurrentExecutions: 2 }))
  const { ReservedConcurrentExecutions } = await client.send(new GetFunctionConcurrencyCommand({ FunctionName: 'guarded' }))
  expect(ReservedConcurrentExecutions).toBe(2)
  const busy = [1, 2].map(() => invoke(client, { sleepMs: 2000 }, { FunctionName: 'guarded' }))
  await expect.poll(() => bed.instances().busy, { timeout: 10_000 }).toBe(2)
  await expect(invoke(client, {}, { FunctionName: 'guarded' })).rejects.toMatchObject({
    name: 'TooManyRequestsException',
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    retryAfterSeconds: '1',
    $metadata: { httpStatusCode: 429 },
  })
  expect((await invoke(client)).status).toBe(200)
  await Promise.all(busy)
})

test('the account’s concurrency holds for all functions in a region together', async () => {
  await using small = await startAwsBed({ settleMs: 0, concurrency: 2 })
  const client = lambdaClient(small)
  for (const name of ['one', 'two']) await create(client, small, { FunctionName: name, Timeout: 20 })
  const busy = ['one', 'two'].map((name) => invoke(client, { sleepMs: 1000 }, { FunctionName: name }))
  await expect.poll(() => small.instances().busy, { timeout: 10_000 }).toBe(2)
  await expect(invoke(client, {}, { FunctionName: 'one' })).rejects.toMatchObject({ Reason: 'ConcurrentInvocationLimitExceeded' })
  await Promise.all(busy)
})

test('idle environments end, and all at the end of the bed', async () => {
  const brief = await startAwsBed({ settleMs: 0, idleMs: 50 })
  const client = lambdaClient(brief)
  await create(client, brief, { Timeout: 60 })
  await invoke(client)
  await expect.poll(() => brief.instances().all, { timeout: 10_000 }).toBe(0)
  const hanging = invoke(client, { sleepMs: 60_000 }).catch((error: unknown) => error)
  await expect.poll(() => brief.instances().busy, { timeout: 10_000 }).toBe(1)
  await brief[Symbol.asyncDispose]()
  expect(await hanging).toBeInstanceOf(Error)
  expect(brief.instances().all).toBe(0)
})
