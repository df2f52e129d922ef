import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ACCOUNT_ID, Account, type Role } from './aws/account.ts'
import type { Service } from './aws/call.ts'
import { Environments, type RuntimeName, runtimeOf } from './aws/environments.ts'
import { Faults, type Served } from './aws/faults.ts'
import { LambdaService } from './aws/lambda-service.ts'
import { asEnvironment, newCredentials } from './aws/role-credentials.ts'
import { accessDenied } from './aws/service-error.ts'
import { makeCertificates } from './certificates.ts'
import { type InstanceHost, loopbackHost } from './instance-host.ts'

export interface AwsBedOptions {
  /** Where execution environments start. Default on loopback; a host that is given here is disposed with the bed. */
  readonly host?: InstanceHost
  /** Default: what `NETFAIR_LAMBDA_RUNTIME` says, else `bed`. */
  readonly runtime?: RuntimeName
  /** Default `eu-central-1` and `us-east-1`; the first is that of the environment. */
  readonly regions?: readonly [string, ...string[]]
  /** Concurrent executions of the account in each region. Default 1000. */
  readonly concurrency?: number
  /** Default 10,240; 3008 for a new account. */
  readonly maxMemoryMb?: number
  /** Roles besides {@link AwsBed.roleArn} and {@link AwsBed.plainRoleArn} that Lambda can assume. */
  readonly roles?: readonly Role[]
  /** Actions that the caller's policy allows: `lambda:InvokeFunction`, `iam:PassRole`, … Default all. */
  readonly allowedActions?: readonly string[]
  /** How long a created function is Pending and an updated one InProgress, in ms. Default 100. */
  readonly settleMs?: number
  /** How long an execution environment is kept for the next invocation, in ms. Default 300,000. */
  readonly idleMs?: number
  /** Most functions in one answer of ListFunctions. Default 50. */
  readonly pageSize?: number
}

/** Lambda, as far as netfair needs it, in this process; functions run in processes of their own. */
export interface AwsBed extends AsyncDisposable {
  /** All that a process needs to talk to the bed with the SDK's usual credential chain. */
  readonly environment: Readonly<Record<string, string>>
  /** Keys, tokens and signatures, planted: they must show nowhere. */
  readonly secrets: readonly string[]
  readonly region: string
  /** A role that Lambda can assume, and that may make network interfaces. */
  readonly roleArn: string
  /** One that may not. */
  readonly plainRoleArn: string
  readonly vpc: { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] }
  /** Every request so far whose signature held, also those that were refused afterwards. */
  readonly requests: readonly Served[]
  readonly faults: Faults
  /** Execution environments: how many there are, and how many have been started so far. */
  instances(): { readonly all: number; readonly busy: number; readonly started: number }
  /** Names of all functions of netfair, `<region>/<name>`. */
  remains(): readonly string[]
}

export async function startAwsBed(options: AwsBedOptions = {}): Promise<AwsBed> {
  const {
    host = loopbackHost(),
    runtime = runtimeOf(process.env['NETFAIR_LAMBDA_RUNTIME']),
    regions = ['eu-central-1', 'us-east-1'],
    allowedActions,
    idleMs = 300_000,
  } = options
  const folder = await mkdtemp(join(tmpdir(), 'netfair-aws-'))
  const certificates = await makeCertificates(folder)
  const [credentials, roleCredentials] = [newCredentials(), newCredentials()]
  const locationSecret = randomBytes(32).toString('hex')
  const [roleArn, plainRoleArn] = ['netfair', 'netfair-plain'].map((name) => `arn:aws:iam::${ACCOUNT_ID}:role/${name}`) as [string, string]
  const vpc = { subnetIds: ['subnet-0bed1', 'subnet-0bed2'], securityGroupIds: ['sg-0bed'] }
  const limits = {
    concurrency: options.concurrency ?? 1000,
    maxMemoryMb: options.maxMemoryMb ?? 10_240,
    roles: [{ arn: roleArn, vpc: true }, { arn: plainRoleArn }, ...(options.roles ?? [])],
    ...vpc,
  }
  const accounts = regions.map((region) => new Account(region, limits))
  const faults = new Faults()
  const environments = new Environments({
    host,
    runtime,
    folder,
    idleMs,
    credentials: asEnvironment(roleCredentials),
    extraStartMs: () => faults.coldStartMs,
  })
  const allows = (action: string): boolean => allowedActions?.includes(action) ?? true
  const service: Service = {
    environments,
    faults,
    settleMs: options.settleMs ?? 100,
    pageSize: options.pageSize ?? 50,
    locationSecret,
    allows,
    demandAction(action, resource) {
      if (!allows(action)) throw accessDenied(action, resource)
    },
  }
  const requests: Served[] = []
  const server = new LambdaService({ service, certificates, credentials, accounts, onServed: (served) => requests.push(served) })
  const endpoint = await server.listen()
  return {
    environment: {
      NETFAIR_AWS_ENDPOINT: endpoint,
      NETFAIR_TEST_CA: certificates.caFile,
      ...asEnvironment(credentials),
      AWS_REGION: regions[0],
      NETFAIR_ROLE_ARN: roleArn,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    },
    secrets: [credentials, roleCredentials]
      .flatMap(({ secretAccessKey, sessionToken }) => [secretAccessKey, sessionToken])
      .concat(locationSecret),
    region: regions[0],
    roleArn,
    plainRoleArn,
    vpc,
    requests,
    faults,
    instances: () => ({ ...environments.count(), started: environments.started }),
    remains: () =>
      accounts.flatMap(({ region, functions }) => [...functions.values()].filter(isOurs).map(({ name }) => `${region}/${name}`)),
    async [Symbol.asyncDispose]() {
      await server.close()
      await environments.close()
      await host[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const isOurs = ({ name, tags }: { readonly name: string; readonly tags: ReadonlyMap<string, string> }): boolean =>
  name.startsWith('netfair') || [...tags.keys()].some((key) => key.startsWith('netfair'))
