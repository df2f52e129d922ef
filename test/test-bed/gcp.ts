import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificates } from './certificates.ts'
import type { Bill } from './gcp/bill.ts'
import { Deployer } from './gcp/deployer.ts'
import { Executions } from './gcp/execution.ts'
import { Faults } from './gcp/faults.ts'
import { Front } from './gcp/front.ts'
import { FunctionService } from './gcp/function-service.ts'
import { Gateway } from './gcp/gateway.ts'
import { Gen1Service } from './gcp/gen1-service.ts'
import { httpRoutes } from './gcp/http-routes.ts'
import { Identity } from './gcp/identity.ts'
import { LocationService } from './gcp/location-service.ts'
import { MetadataServer } from './gcp/metadata-server.ts'
import { OperationService } from './gcp/operation-service.ts'
import { Operations } from './gcp/operations.ts'
import { RequestLog, type ServedRequest } from './gcp/request-log.ts'
import { rpcServer } from './gcp/rpc-server.ts'
import { Uploads } from './gcp/uploads.ts'
import { type InstanceHost, loopbackHost } from './instance-host.ts'

const PROJECT_NUMBER = '123456789012'

export interface GcpBedOptions {
  /** Where instances run. Default this machine's loopback. The bed disposes of it. */
  readonly host?: InstanceHost
  readonly projectId?: string
  readonly locations?: readonly string[]
  /** Functions of a region at most. Default 1000. */
  readonly maxFunctions?: number
  /** Instances of a function at most, of 1 vCPU and 2 GiB; of larger ones fewer. Default 1000. */
  readonly maxInstances?: number
  /** Accounts that functions may run as, besides the default one. */
  readonly serviceAccounts?: readonly string[]
  readonly vpcConnectors?: readonly string[]
  /** Least time of each stage of a deployment and of a deletion, in milliseconds. Default 20. */
  readonly stageMs?: number
  /** How long a request waits for an instance where no more may be started, in milliseconds (10,000 in the cloud). Default 500. */
  readonly queueMs?: number
}

/** Google Cloud Functions in this process: see {@link startGcpBed}. */
export interface GcpBed extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>
  readonly projectId: string
  readonly region: string
  /** The service account of the credentials file. */
  readonly email: string
  /** Planted credentials, and every token given out. */
  readonly secrets: readonly string[]
  readonly requests: readonly ServedRequest[]
  /** Access tokens that functions were given, for the service account as which they run; only instances on loopback can ask. */
  readonly functionTokens: readonly string[]
  /** One for each request that reached an instance. */
  readonly bills: readonly Bill[]
  readonly faults: Faults
  /** Functions in any state. Uploaded archives do not count: the cloud removes them by itself. */
  remains(): readonly string[]
  /** Uploaded archives. */
  uploads(): readonly string[]
  /** Instances that live now. */
  instances(): readonly string[]
  /** What instances have said, for whoever looks into a test. */
  output(): string
  /** Every access token given out so far is over. */
  expireTokens(): void
  /** Upload URLs signed from now on are valid for so many seconds. */
  uploadLife(seconds: number): void
  /** Resolves when no operation goes on any more. */
  settled(): Promise<void>
}

/**
 * Starts a server that behaves as Google's does: the API of Cloud Functions by gRPC (v1 and v2 from the protos that the client ships), OAuth
 * tokens, signed upload URLs, and functions behind HTTPS URLs, each instance a real functions-framework process. All on one port of
 * 127.0.0.1: HTTP/2 is gRPC, HTTP/1.1 the rest (`POST /token` for `https://oauth2.googleapis.com/token`).
 */
export async function startGcpBed(options: GcpBedOptions = {}): Promise<GcpBed> {
  const directory = await mkdtemp(join(tmpdir(), 'netfair-gcp-'))
  await mkdir(join(directory, 'sockets'))
  const { projectId = 'netfair-test', locations = ['europe-west1', 'us-central1'] } = options
  const geography = { projectId, locations }
  const host = options.host ?? loopbackHost()
  const [identity, certificates] = await Promise.all([Identity.create(directory, projectId), makeCertificates(directory)])
  const front = await Front.listen(certificates)
  const metadata = await MetadataServer.listen(identity, projectId)
  const parts = { faults: new Faults(), log: new RequestLog(), operations: new Operations(), uploads: new Uploads(identity.email) }
  const { faults, log, operations, uploads } = parts
  const bills: Bill[] = []
  const { origin } = front
  const account = {
    ...{ geography, projectNumber: PROJECT_NUMBER, maxFunctions: options.maxFunctions ?? 1000, maxInstances: options.maxInstances ?? 1000 },
    ...{ serviceAccounts: [identity.email, ...(options.serviceAccounts ?? [])], vpcConnectors: options.vpcConnectors ?? [] },
  }
  let sockets = 0
  const deployer = new Deployer(
    {
      ...{ directory, stageMs: options.stageMs ?? 20 },
      revisions: {
        host,
        environment: metadata.environment,
        queueMs: options.queueMs ?? 500,
        socketPath: () => join(directory, 'sockets', String(++sockets)),
        coldStartMs: () => faults.take('cold-start')?.ms ?? 0,
      },
      uriOf: ({ location, id }, environment) =>
        environment === 'GEN_1'
          ? `${origin}/${location}-${projectId}.cloudfunctions.net/${id}`
          : `${origin}/${id}-${PROJECT_NUMBER}.${location}.run.app`,
    },
    { ...parts, account },
  )
  const api = { geography, projectNumber: PROJECT_NUMBER, deployer, uploads, origin }
  const executions = new Executions({ faults, bills })
  const rpc = rpcServer(
    {
      'google.cloud.functions.v1.CloudFunctionsService': new Gen1Service(api, executions),
      'google.cloud.functions.v2.FunctionService': new FunctionService(api),
      'google.longrunning.Operations': new OperationService(operations),
      'google.cloud.location.Locations': new LocationService(geography),
    },
    { identity, faults, log, projectId, origin },
  )
  front.serve(rpc, httpRoutes({ identity, faults, log, uploads, deployer, gateway: new Gateway({ identity, faults, executions }), origin }))
  const instances = () => deployer.functions.flatMap(({ revision }) => revision?.instances ?? [])
  return {
    environment: {
      NETFAIR_GCP_ENDPOINT: origin,
      NETFAIR_TEST_CA: certificates.caFile,
      GOOGLE_APPLICATION_CREDENTIALS: identity.credentialsFile,
      GOOGLE_CLOUD_PROJECT: projectId,
      GOOGLE_CLOUD_REGION: locations[0] ?? '',
      METADATA_SERVER_DETECTION: 'none',
    },
    ...{
      projectId,
      region: locations[0] ?? '',
      email: identity.email,
      secrets: identity.secrets,
      requests: log.requests,
      bills,
      faults,
      functionTokens: metadata.tokens,
    },
    remains: () => deployer.functions.map(({ message }) => message.name),
    uploads: () => uploads.names,
    instances: () => instances().map(({ id }) => id),
    output: () =>
      instances()
        .map(({ id, said }) => `${id}: ${said}`)
        .join('\n'),
    expireTokens: () => identity.expireAccessTokens(),
    uploadLife: (seconds) => {
      uploads.lifeS = seconds
    },
    settled: () => operations.settled(),
    async [Symbol.asyncDispose]() {
      faults.clear()
      await front.close()
      await metadata[Symbol.asyncDispose]()
      await deployer.dispose()
      await host[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
