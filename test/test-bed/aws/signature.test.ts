import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { GetFunctionCommand, InvokeCommand, type LambdaClientConfig, ListFunctionsCommand, ListTagsCommand } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AwsBed, startAwsBed } from '../aws.ts'
import { create, lambdaClient } from './lambda-client.ts'

let bed: AwsBed
beforeAll(async () => {
  bed = await startAwsBed({ settleMs: 0 })
  await create(lambdaClient(bed), bed)
})
afterAll(() => bed[Symbol.asyncDispose]())

const credentials = (changes: Readonly<Record<string, string>>): LambdaClientConfig => ({
  credentials: {
    accessKeyId: bed.environment['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: bed.environment['AWS_SECRET_ACCESS_KEY'] ?? '',
    sessionToken: bed.environment['AWS_SESSION_TOKEN'] ?? '',
    ...changes,
  },
})

const FunctionName = 'netfair-echo'

test('what the SDK signs holds: path to be escaped, query, body', async () => {
  const client = lambdaClient(bed)
  const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName: `${FunctionName}:$LATEST` }))
  await client.send(new ListTagsCommand({ Resource: Configuration?.FunctionArn }))
  await client.send(new ListFunctionsCommand({ MaxItems: 7 }))
  const { StatusCode } = await client.send(
    new InvokeCommand({ FunctionName, Payload: '{"ü":"&"}', Qualifier: '$LATEST', InvocationType: 'DryRun' }),
  )
  expect(StatusCode).toBe(204)
})

test.each([
  ['another secret', () => credentials({ secretAccessKey: 'A'.repeat(40) }), 'InvalidSignatureException'],
  ['another key', () => credentials({ accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' }), 'UnrecognizedClientException'],
  ['another token', () => credentials({ sessionToken: 'old' }), 'UnrecognizedClientException'],
  ['a region that there is not', () => ({ region: 'mars-north-1' }), 'InvalidSignatureException'],
  ['a clock an hour late', () => ({ systemClockOffset: -3_600_000 }), 'InvalidSignatureException'],
] as const)('%s is refused', async (_, config, name) => {
  const served = bed.requests.length
  await expect(lambdaClient(bed, config()).send(new GetFunctionCommand({ FunctionName }))).rejects.toMatchObject({
    name,
    $metadata: { httpStatusCode: 403 },
  })
  expect(bed.requests.length).toBe(served)
})

test.each([
  ['body', { body: '{"changed":1}' }],
  ['path', { path: '/2015-03-31/functions/another/invocations' }],
  ['query', { path: '/2015-03-31/functions/netfair-echo/invocations?Qualifier=1' }],
  ['signed header', { headers: { 'x-amz-invocation-type': 'Event' } }],
] as const)('a changed %s is refused', async (_, changes) => {
  const signed = await signedInvoke()
  expect((await send(signed)).status).toBe(204)
  const { status, body } = await send({
    ...signed,
    ...changes,
    headers: { ...signed.headers, ...('headers' in changes && changes.headers) },
  })
  expect(status).toBe(403)
  expect(body).toContain('does not match')
})

test('a request without a signature is refused', async () => {
  expect((await send({ method: 'GET', path: '/2015-03-31/functions', headers: {}, body: '' })).status).toBe(403)
})

interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** An Invoke as the SDK signs it. */
async function signedInvoke(): Promise<Sent> {
  const client = lambdaClient(bed)
  let sent: Sent | undefined
  client.middlewareStack.add(
    (next) => (args) => {
      const { method, path, headers, body } = args.request as Sent
      sent = { method, path, headers: { ...headers }, body: Buffer.from(body).toString() }
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
  await client.send(new InvokeCommand({ FunctionName, Payload: '{}', InvocationType: 'DryRun' }))
  if (sent === undefined) throw new Error('nothing was sent')
  return sent
}

function send({ method, path, headers, body }: Sent): Promise<{ readonly status: number | undefined; readonly body: string }> {
  const url = new URL(path, bed.environment['NETFAIR_AWS_ENDPOINT'])
  const ca = readFileSync(bed.environment['NETFAIR_TEST_CA'] ?? '')
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...headers, 'content-length': Buffer.byteLength(body) }, ca }, async (answer) =>
      resolve({ status: answer.statusCode, body: Buffer.concat(await answer.toArray()).toString() }),
    )
    sent.on('error', reject).end(body)
  })
}
