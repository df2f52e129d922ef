import { Agent } from 'node:https'
import type { AuthClient, GoogleAuth, IdTokenClient } from 'google-auth-library'
import { InputError } from '../../model/errors.ts'
import { optionalPackage } from '../../model/optional-package.ts'
import { type TestEndpoint, testEndpoint } from '../cloud/test-endpoint.ts'
import { checkIdentity, credentialsOf, firstLine } from './credentials.ts'
import type { FunctionsApi } from './functions-api.ts'
import { gen1Api } from './gen1-api.ts'
import { gen2Api } from './gen2-api.ts'
import type { Settings } from './options.ts'
import type { ClientOptions } from './sdk.ts'

/** What an adapter holds once it talks to Google: credentials, sockets, and the API of each generation. */
export interface Connection {
  readonly projectId: string
  /** For everything over HTTPS besides the API: as many sockets as there are requests. */
  readonly sockets: Agent
  /** Of one generation, made at the first call. */
  api(generation: 1 | 2): FunctionsApi
  /** Whose requests carry an identity token for that audience. */
  identityFor(audience: string): Promise<IdTokenClient>
  /** @throws InputError `CREDENTIALS_MISSING` where there are no identity tokens */
  checkIdentity(): Promise<void>
  /** The next one has another token. */
  forgetIdentity(audience: string): void
}

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
/** Idle sockets are closed before Google does it. */
const IDLE_MS = 60_000

/**
 * Loads the SDK and gets credentials, by the usual chain of Google's libraries.
 * @throws InputError `PACKAGE_MISSING`, `CREDENTIALS_MISSING`, `MISSING_OPTION`
 */
export async function connect(settings: Settings): Promise<Connection> {
  const { GoogleAuth, gcpMetadata } = await optionalPackage('google-auth-library', 'gcp()', () => import('google-auth-library'))
  const sdk = await optionalPackage('@google-cloud/functions', 'gcp()', () => import('@google-cloud/functions'))
  const endpoint = testEndpoint('GCP')
  const ca = endpoint?.ca
  const sockets = new Agent({ keepAlive: true, timeout: IDLE_MS, ...(ca !== undefined && { ca }) })
  const auth = new GoogleAuth({
    scopes: SCOPE,
    ...(settings.projectId !== undefined && { projectId: settings.projectId }),
    ...(ca !== undefined && { clientOptions: { transporterOptions: { agent: sockets } } }),
  })
  const client = await credentialsOf(auth, gcpMetadata)
  const projectId = await projectOf(settings, auth)
  const options: ClientOptions = { auth, projectId, ...(endpoint !== undefined && (await testOptions(endpoint, client))) }
  const apis = new Map<1 | 2, FunctionsApi>()
  const identities = new Map<string, Promise<IdTokenClient>>()
  const identityFor = (audience: string): Promise<IdTokenClient> => {
    const identity = identities.get(audience) ?? auth.getIdTokenClient(audience)
    identities.set(audience, identity)
    return identity
  }
  return {
    projectId,
    sockets,
    identityFor,
    checkIdentity: () => checkIdentity(identityFor),
    api(generation) {
      const api = apis.get(generation) ?? (generation === 1 ? gen1Api(sdk, options) : gen2Api(sdk, options))
      apis.set(generation, api)
      return api
    },
    forgetIdentity: (audience) => void identities.delete(audience),
  }
}

async function projectOf({ projectId }: Settings, auth: GoogleAuth): Promise<string> {
  if (projectId !== undefined) return projectId
  const found = await auth.getProjectId().catch(() => undefined)
  if (found !== undefined && found !== null) return found
  throw new InputError('MISSING_OPTION', 'gcp(): "projectId" is missing, and the credentials name no project.', {
    hint: 'Give "projectId", or set GOOGLE_CLOUD_PROJECT.',
  })
}

/** The API of the test bed, with the same credentials, over TLS that its own certificate vouches for. */
async function testOptions({ url, ca }: TestEndpoint, client: AuthClient): Promise<ClientOptions> {
  const { credentials, Metadata } = await optionalPackage('@grpc/grpc-js', 'NETFAIR_GCP_ENDPOINT', () => import('@grpc/grpc-js'))
  const authorization = credentials.createFromMetadataGenerator((_, done) => {
    client.getAccessToken().then(
      ({ token }) => {
        const metadata = new Metadata()
        metadata.set('authorization', `Bearer ${token}`)
        done(null, metadata)
      },
      (error: unknown) => done(new Error(firstLine(error))),
    )
  })
  const { hostname, port } = new URL(url)
  const channel = credentials.createSsl(ca === undefined ? null : Buffer.from(ca))
  return {
    apiEndpoint: hostname,
    port: Number(port || 443),
    sslCreds: credentials.combineChannelCredentials(channel, authorization),
  }
}
