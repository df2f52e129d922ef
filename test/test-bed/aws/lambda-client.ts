import { readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  type CreateFunctionCommandOutput,
  InvokeCommand,
  type InvokeCommandInput,
  LambdaClient,
  type LambdaClientConfig,
} from '@aws-sdk/client-lambda'
import { strToU8, zipSync } from 'fflate'
import type { AwsBed } from '../aws.ts'

/** The SDK's own client with the bed's credentials; one try unless `config` says otherwise. */
export function lambdaClient({ environment }: Pick<AwsBed, 'environment'>, config: LambdaClientConfig = {}): LambdaClient {
  const of = (name: string): string => environment[name] ?? ''
  const httpsAgent = new Agent({ ca: readFileSync(of('NETFAIR_TEST_CA')), keepAlive: true, maxSockets: 500 })
  return new LambdaClient({
    endpoint: of('NETFAIR_AWS_ENDPOINT'),
    region: of('AWS_REGION'),
    credentials: {
      accessKeyId: of('AWS_ACCESS_KEY_ID'),
      secretAccessKey: of('AWS_SECRET_ACCESS_KEY'),
      sessionToken: of('AWS_SESSION_TOKEN'),
    },
    maxAttempts: 1,
    requestHandler: { httpsAgent },
    ...config,
  })
}

export const zipOf = (files: Readonly<Record<string, string>>): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])))

/** Answers what it was asked, with what it knows of itself; `{fail, print, exit, sleepMs, bytes}` in the event make it do so. */
export const ECHO: string = `
let invocations = 0
export const handler = async (event, context) => {
  if (event.print) console.log(event.print)
  if (event.fail) throw new TypeError(event.fail)
  if (event.exit !== undefined) process.exit(event.exit)
  if (event.sleepMs) await new Promise((resolve) => setTimeout(resolve, event.sleepMs))
  if (event.bytes) return 'x'.repeat(event.bytes)
  const { pid, env, argv } = process
  return { event, invocations: ++invocations, pid, env, argv, left: context.getRemainingTimeInMillis(), arn: context.invokedFunctionArn }
}
`

/** A request that the bed takes, with changes. */
export function creation(bed: Pick<AwsBed, 'roleArn'>, changes: Partial<CreateFunctionCommandInput> = {}): CreateFunctionCommandInput {
  return {
    FunctionName: 'netfair-echo',
    Role: bed.roleArn,
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Code: { ZipFile: zipOf({ 'index.mjs': ECHO }) },
    ...changes,
  }
}

/** With `settleMs: 0` it is ready at once. */
export function create(
  client: LambdaClient,
  bed: Pick<AwsBed, 'roleArn'>,
  changes?: Partial<CreateFunctionCommandInput>,
): Promise<CreateFunctionCommandOutput> {
  return client.send(new CreateFunctionCommand(creation(bed, changes)))
}

export interface Invoked {
  readonly status: number | undefined
  readonly error: string | undefined
  readonly value: { readonly [key: string]: unknown }
  readonly log: string
}

export async function invoke(client: LambdaClient, event: object = {}, more: Partial<InvokeCommandInput> = {}): Promise<Invoked> {
  const command = new InvokeCommand({ FunctionName: 'netfair-echo', Payload: JSON.stringify(event), LogType: 'Tail', ...more })
  const { StatusCode, FunctionError, Payload, LogResult = '' } = await client.send(command)
  const text = Payload?.transformToString() ?? ''
  return {
    status: StatusCode,
    error: FunctionError,
    value: JSON.parse(text === '' ? '{}' : text),
    log: Buffer.from(LogResult, 'base64').toString(),
  }
}
