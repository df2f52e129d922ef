import {
  type CreateFunctionCommandInput,
  GetFunctionCommand,
  PutFunctionConcurrencyCommand,
  TagResourceCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AwsBed, startAwsBed } from '../aws.ts'
import { create, lambdaClient, zipOf } from './lambda-client.ts'

let bed: AwsBed
beforeAll(async () => {
  bed = await startAwsBed({ settleMs: 0, maxMemoryMb: 3008, concurrency: 150 })
})
afterAll(() => bed[Symbol.asyncDispose]())

const validation = 'ValidationException'
const parameter = 'InvalidParameterValueException'
const vpc = { SubnetIds: ['subnet-0bed1'], SecurityGroupIds: ['sg-0bed'] }

test.each<readonly [string, Partial<CreateFunctionCommandInput>, string, string]>([
  ['too little memory', { MemorySize: 127 }, validation, "Value '127' at 'memorySize'"],
  ['too much memory', { MemorySize: 10_241 }, validation, 'less than or equal to 10240'],
  ['more memory than the account has', { MemorySize: 3009 }, parameter, 'less than or equal to 3008'],
  ['no time', { Timeout: 0 }, validation, "Value '0' at 'timeout'"],
  ['too much time', { Timeout: 901 }, validation, 'less than or equal to 900'],
  ['two mistakes', { Timeout: 901, MemorySize: 1 }, validation, '2 validation errors detected'],
  ['a name with a dot', { FunctionName: 'a.b' }, validation, "at 'functionName'"],
  ['a name of 65', { FunctionName: 'a'.repeat(65) }, validation, "at 'functionName'"],
  ['a role that is none', { Role: 'netfair' }, validation, "Value 'netfair' at 'role'"],
  ['a role that is not there', { Role: 'arn:aws:iam::123456789012:role/other' }, parameter, 'cannot be assumed by Lambda'],
  ['a runtime that is not there', { Runtime: 'nodejs4.3' }, validation, "at 'runtime'"],
  ['no runtime', { Runtime: undefined }, parameter, 'Runtime and Handler are mandatory'],
  ['an architecture that is not there', { Architectures: ['mips' as 'arm64'] }, validation, "at 'architectures'"],
  ['too little storage', { EphemeralStorage: { Size: 511 } }, validation, 'ephemeralStorage'],
  ['something else than a ZIP', { Code: { ZipFile: Buffer.from('no zip') } }, parameter, 'Could not unzip'],
  ['no code', { Code: {} }, parameter, 'provide a source'],
  ['a reserved variable', { Environment: { Variables: { AWS_REGION: 'x' } } }, parameter, 'Reserved keys used in this request: AWS_REGION'],
  ['a variable with a hyphen', { Environment: { Variables: { 'A-B': 'x' } } }, validation, 'environment.variables'],
  [
    '5 kB of variables, which are repeated',
    { Environment: { Variables: { KEY: 's'.repeat(5000) } } },
    parameter,
    `4KB limit. String measured: {"KEY":"sss`,
  ],
  ['51 tags', { Tags: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, 'v'])) }, parameter, 'Maximum of 50 tags'],
  ['a tag of 257', { Tags: { k: 'v'.repeat(257) } }, parameter, 'tag key or value'],
  ['a tag of the cloud', { Tags: { 'aws:x': 'v' } }, parameter, 'reserved'],
  ['subnets without groups', { VpcConfig: { SubnetIds: ['subnet-0bed1'] } }, parameter, 'must coexist'],
  ['a subnet that is not there', { VpcConfig: { ...vpc, SubnetIds: ['subnet-9'] } }, parameter, "The subnet ID 'subnet-9' does not exist"],
  [
    'a group that is not there',
    { VpcConfig: { ...vpc, SecurityGroupIds: ['sg-9'] } },
    parameter,
    "The security group 'sg-9' does not exist",
  ],
  [
    'a role that may not enter a VPC',
    { VpcConfig: vpc, Role: 'arn:aws:iam::123456789012:role/netfair-plain' },
    parameter,
    'CreateNetworkInterface',
  ],
])('%s is refused, and nothing is made', async (_, changes, name, message) => {
  await expect(create(lambdaClient(bed), bed, changes)).rejects.toMatchObject({
    name,
    message: expect.stringContaining(message),
    $metadata: { httpStatusCode: 400 },
  })
  expect(bed.remains()).toEqual([])
})

test('a second function of the same name is refused', async () => {
  const client = lambdaClient(bed)
  await create(client, bed, { FunctionName: 'foreign' })
  await expect(create(client, bed, { FunctionName: 'foreign' })).rejects.toMatchObject({ name: 'ResourceConflictException' })
  const update = new UpdateFunctionConfigurationCommand({ FunctionName: 'foreign', MemorySize: 4000 })
  await expect(client.send(update)).rejects.toMatchObject({ name: parameter })
  expect(bed.remains()).toEqual([])
})

test('100 concurrent executions stay unreserved', async () => {
  const client = lambdaClient(bed)
  await create(client, bed, { FunctionName: 'reserved' })
  const reserve = (ReservedConcurrentExecutions: number) =>
    client.send(new PutFunctionConcurrencyCommand({ FunctionName: 'reserved', ReservedConcurrentExecutions }))
  await expect(reserve(51)).rejects.toMatchObject({ name: parameter, message: expect.stringContaining('minimum value of [100]') })
  await reserve(50)
  await reserve(49)
})

test('what no function has is not found', async () => {
  const client = lambdaClient(bed)
  const ask = (FunctionName: string) => client.send(new GetFunctionCommand({ FunctionName }))
  await expect(ask('nobody')).rejects.toMatchObject({ name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 404 } })
  await create(client, bed, { FunctionName: 'somebody' })
  await expect(ask('somebody:7')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  await expect(ask('arn:aws:lambda:us-east-1:123456789012:function:somebody')).rejects.toMatchObject({ name: parameter })
})

test('a policy allows what it names', async () => {
  await using strict = await startAwsBed({ allowedActions: ['lambda:CreateFunction', 'lambda:GetFunction', 'iam:PassRole'] })
  const client = lambdaClient(strict)
  const { FunctionArn: Resource } = await create(client, strict)
  const { Tags, TagsError } = (await client.send(new GetFunctionCommand({ FunctionName: 'netfair-echo' }))) as {
    Tags?: object
    TagsError?: object
  }
  expect({ Tags, TagsError }).toMatchObject({ Tags: undefined, TagsError: { ErrorCode: 'AccessDeniedException' } })
  const denied = { name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } }
  await expect(create(client, strict, { FunctionName: 'tagged', Tags: { a: 'b' } })).rejects.toMatchObject(denied)
  await expect(client.send(new TagResourceCommand({ Resource, Tags: { a: 'b' } }))).rejects.toMatchObject(denied)
})

test('a package without its handler is taken, as Lambda does', async () => {
  const made = await create(lambdaClient(bed), bed, { FunctionName: 'empty', Code: { ZipFile: zipOf({ 'other.mjs': '' }) } })
  expect(made.State).toBe('Active')
})
