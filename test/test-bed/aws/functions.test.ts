import { createHash } from 'node:crypto'
import {
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  ListFunctionsCommand,
  ListTagsCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AwsBed, startAwsBed } from '../aws.ts'
import { create, ECHO, invoke, lambdaClient, zipOf } from './lambda-client.ts'

const FunctionName = 'netfair-echo'
let bed: AwsBed
beforeEach(async () => {
  bed = await startAwsBed({ settleMs: 0, pageSize: 3 })
})
afterEach(() => bed[Symbol.asyncDispose]())

test('a function is what its creation says, with Lambda’s defaults', async () => {
  const client = lambdaClient(bed)
  const zip = zipOf({ 'index.mjs': ECHO })
  const made = await create(client, bed, {
    Code: { ZipFile: zip },
    Tags: { 'netfair-run': 'a' },
    Environment: { Variables: { KEY: 'value' } },
  })
  expect(made).toMatchObject({
    $metadata: { httpStatusCode: 201 },
    FunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:netfair-echo',
    MemorySize: 128,
    Timeout: 3,
    Architectures: ['x86_64'],
    EphemeralStorage: { Size: 512 },
    PackageType: 'Zip',
    Version: '$LATEST',
    CodeSize: zip.byteLength,
    CodeSha256: createHash('sha256').update(zip).digest('base64'),
    Environment: { Variables: { KEY: 'value' } },
  })
  const { Configuration, Tags, Code, Concurrency } = await client.send(new GetFunctionCommand({ FunctionName: made.FunctionArn }))
  expect(Configuration).toMatchObject({ State: 'Active', LastUpdateStatus: 'Successful', RevisionId: made.RevisionId })
  expect({ Tags, Concurrency }).toEqual({ Tags: { 'netfair-run': 'a' }, Concurrency: undefined })
  expect(bed.secrets.some((secret) => Code?.Location?.includes(secret))).toBe(true)
  expect(bed.remains()).toEqual(['eu-central-1/netfair-echo'])
})

test('architecture, storage and network are kept', async () => {
  const client = lambdaClient(bed)
  const { subnetIds, securityGroupIds } = bed.vpc
  const VpcConfig = { SubnetIds: [...subnetIds], SecurityGroupIds: [...securityGroupIds] }
  const made = await create(client, bed, { Architectures: ['arm64'], EphemeralStorage: { Size: 1024 }, VpcConfig })
  expect(made).toMatchObject({ Architectures: ['arm64'], EphemeralStorage: { Size: 1024 }, VpcConfig })
  const without = await client.send(
    new UpdateFunctionConfigurationCommand({ FunctionName, VpcConfig: { SubnetIds: [], SecurityGroupIds: [] }, MemorySize: 512 }),
  )
  expect(without).toMatchObject({
    VpcConfig: { SubnetIds: [], SecurityGroupIds: [], VpcId: '' },
    Architectures: ['arm64'],
    MemorySize: 512,
  })
})

test('a created function is Pending, and then Active', async () => {
  bed.faults.settleMs = 60_000
  const client = lambdaClient(bed)
  expect(await create(client, bed)).toMatchObject({ State: 'Pending', StateReasonCode: 'Creating' })
  await expect(invoke(client)).rejects.toMatchObject({ name: 'ResourceConflictException', message: expect.stringContaining('Pending') })
  const updating = client.send(new UpdateFunctionConfigurationCommand({ FunctionName, MemorySize: 256 }))
  await expect(updating).rejects.toMatchObject({ name: 'ResourceConflictException', $metadata: { httpStatusCode: 409 } })
  bed.faults.settleMs = 0
  const { state } = await waitUntilFunctionActiveV2({ client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, { FunctionName })
  expect(state).toBe('SUCCESS')
  expect((await invoke(client)).status).toBe(200)
})

test('an update is InProgress, refuses another, and is served when it is Successful', async () => {
  const client = lambdaClient(bed)
  await create(client, bed)
  bed.faults.settleMs = 60_000
  const update = new UpdateFunctionConfigurationCommand({ FunctionName, MemorySize: 1024 })
  const updating = await client.send(update)
  expect(updating).toMatchObject({ LastUpdateStatus: 'InProgress', MemorySize: 1024 })
  await expect(client.send(update)).rejects.toMatchObject({
    name: 'ResourceConflictException',
    message: expect.stringContaining('An update is in progress'),
  })
  expect((await invoke(client)).value).toMatchObject({ env: { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128' } })
  bed.faults.settleMs = 0
  await waitUntilFunctionUpdatedV2({ client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, { FunctionName })
  const { RevisionId } = await client.send(new GetFunctionConfigurationCommand({ FunctionName }))
  expect(RevisionId).not.toBe(updating.RevisionId)
  expect((await invoke(client)).value).toMatchObject({ env: { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024' } })
})

test('new code has another digest, and only new environments', async () => {
  const client = lambdaClient(bed)
  const { CodeSha256, RevisionId } = await create(client, bed)
  const old = await invoke(client)
  const ZipFile = zipOf({ 'index.mjs': 'export const handler = () => ({ pid: process.pid, version: 2 })' })
  const dry = await client.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile, DryRun: true }))
  expect(dry.CodeSha256).toBe(CodeSha256)
  const stale = client.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile, RevisionId: 'stale' }))
  await expect(stale).rejects.toMatchObject({ name: 'PreconditionFailedException', $metadata: { httpStatusCode: 412 } })
  const updated = await client.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile, ...(RevisionId && { RevisionId }) }))
  expect(updated.CodeSha256).toBe(createHash('sha256').update(ZipFile).digest('base64'))
  const fresh = await invoke(client)
  expect(fresh.value['version']).toBe(2)
  expect(fresh.value['pid']).not.toBe(old.value['pid'])
  await expect.poll(() => bed.instances().all, { timeout: 10_000 }).toBe(1)
})

test('a deleted function is gone, with its environments', async () => {
  const client = lambdaClient(bed)
  await create(client, bed)
  const { value } = await invoke(client)
  const { $metadata } = await client.send(new DeleteFunctionCommand({ FunctionName }))
  expect($metadata.httpStatusCode).toBe(204)
  for (const command of [new GetFunctionCommand({ FunctionName }), new DeleteFunctionCommand({ FunctionName })])
    await expect(client.send(command as GetFunctionCommand)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  expect(bed.remains()).toEqual([])
  await expect.poll(() => isAlive(Number(value['pid'])), { timeout: 10_000 }).toBe(false)
})

test('functions are listed page by page, without tags and state, each region its own', async () => {
  const client = lambdaClient(bed)
  for (const n of [1, 2, 3, 4, 5, 6, 7]) await create(client, bed, { FunctionName: `netfair-${n}`, Tags: { 'netfair-run': 'a' } })
  const pages: string[][] = []
  let Marker: string | undefined
  do {
    const { Functions = [], NextMarker } = await client.send(new ListFunctionsCommand({ MaxItems: 1000, ...(Marker && { Marker }) }))
    pages.push(Functions.map(({ FunctionName: name = '' }) => name))
    for (const listed of Functions) expect(listed).not.toHaveProperty('State')
    Marker = NextMarker
  } while (Marker !== undefined)
  expect(pages).toEqual([['netfair-1', 'netfair-2', 'netfair-3'], ['netfair-4', 'netfair-5', 'netfair-6'], ['netfair-7']])
  const elsewhere = await lambdaClient(bed, { region: 'us-east-1' }).send(new ListFunctionsCommand())
  expect(elsewhere.Functions).toEqual([])
})

test('tags are added and removed by ARN', async () => {
  const client = lambdaClient(bed)
  const { FunctionArn: Resource } = await create(client, bed, { Tags: { a: '1' } })
  await client.send(new TagResourceCommand({ Resource, Tags: { b: '2', c: '3' } }))
  await client.send(new UntagResourceCommand({ Resource, TagKeys: ['a', 'c'] }))
  expect((await client.send(new ListTagsCommand({ Resource }))).Tags).toEqual({ b: '2' })
  await expect(client.send(new ListTagsCommand({ Resource: FunctionName }))).rejects.toThrow('Member must satisfy')
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
