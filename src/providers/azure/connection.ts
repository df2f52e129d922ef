import type { WebSiteManagementClient } from '@azure/arm-appservice'
import type { AccessToken, TokenCredential } from '@azure/identity'
import { InputError } from '../../model/errors.ts'
import { optionalPackage } from '../../model/optional-package.ts'
import { redact } from '../../model/redact.ts'
import { type TestEndpoint, testEndpoint } from '../cloud/test-endpoint.ts'
import { createHttpsClient, type HttpsClient } from './https-client.ts'

/** The way to one subscription. */
export interface Connection {
  readonly subscriptionId: string
  /** Plans and function apps. */
  readonly web: WebSiteManagementClient
  /** Everything else: other resources of the subscription, publishing, invocations. */
  readonly https: HttpsClient
  /** Where resources are asked for, without a slash at the end. */
  readonly management: string
  /** @throws InputError `CREDENTIALS_MISSING` */
  token(signal?: AbortSignal): Promise<string>
}

const MANAGEMENT = 'https://management.azure.com'
const SCOPE = `${MANAGEMENT}/.default`

/**
 * Loads the SDK; asks nothing yet.
 * @throws InputError `PACKAGE_MISSING`
 */
export async function connect(subscriptionId: string, given?: TokenCredential): Promise<Connection> {
  const endpoint = testEndpoint('AZURE')
  const { WebSiteManagementClient } = await optionalPackage('@azure/arm-appservice', 'azure()', () => import('@azure/arm-appservice'))
  const credential = given ?? (await credentialOf(endpoint))
  const options = { ...(endpoint && { endpoint: endpoint.url }), ...(endpoint?.ca !== undefined && { tlsOptions: { ca: endpoint.ca } }) }
  return {
    subscriptionId,
    web: new WebSiteManagementClient(credential, subscriptionId, options),
    https: createHttpsClient(endpoint),
    management: (endpoint?.url ?? MANAGEMENT).replace(/\/$/, ''),
    token: keptToken(credential),
  }
}

/**
 * With a test bed only what the environment holds, so that nothing looks for a metadata server; and nobody is asked whether there is such
 * an authority.
 */
async function credentialOf(endpoint: TestEndpoint | undefined): Promise<TokenCredential> {
  const { DefaultAzureCredential, EnvironmentCredential } = await optionalPackage(
    '@azure/identity',
    'azure()',
    () => import('@azure/identity'),
  )
  if (endpoint === undefined) return new DefaultAzureCredential()
  const trust = { disableInstanceDiscovery: true, ...(endpoint.ca !== undefined && { tlsOptions: { ca: endpoint.ca } }) }
  return new EnvironmentCredential(trust)
}

/** A token that ends sooner is not used any more. */
const REST_MS = 300_000

/** Asks for a token only when the last one is about to end: that of a login takes `az` a second. */
function keptToken(credential: TokenCredential): Connection['token'] {
  let kept: AccessToken | undefined
  return async (signal) => {
    if (kept === undefined || kept.expiresOnTimestamp - Date.now() < REST_MS) kept = await tokenOf(credential, signal)
    return kept.token
  }
}

async function tokenOf(credential: TokenCredential, signal: AbortSignal | undefined): Promise<AccessToken> {
  try {
    const answer = await credential.getToken(SCOPE, signal === undefined ? {} : { abortSignal: signal })
    if (answer !== null) return answer
  } catch (error) {
    signal?.throwIfAborted()
    throw refusedSignIn(error)
  }
  throw refusedSignIn(undefined)
}

/** The first line of what was said: the rest may hold ids and answers of the authority. */
function refusedSignIn(error: unknown): InputError {
  const said = error instanceof Error ? `: ${redact(error.message.split('\n')[0] ?? '', [process.env['AZURE_CLIENT_SECRET']])}` : ''
  return new InputError('CREDENTIALS_MISSING', `azure() cannot sign in${said}`, {
    hint: 'Sign in with `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; or give "credential".',
  })
}
