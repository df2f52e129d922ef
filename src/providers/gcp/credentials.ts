import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { AuthClient, GoogleAuth, gcpMetadata, IdTokenClient } from 'google-auth-library'
import { InputError, type NetfairError } from '../../model/errors.ts'
import { type TestEndpoint, testEndpoint } from '../cloud/test-endpoint.ts'
import { unreachable } from './platform-error.ts'

/**
 * Credentials that Google takes. Errors of the libraries hold whole requests: only their message is kept.
 * @throws InputError `CREDENTIALS_MISSING`; MeasurementError `PLATFORM_UNREACHABLE`
 */
export async function credentialsOf(auth: GoogleAuth, metadata: typeof gcpMetadata): Promise<AuthClient> {
  if (!isThereAFile() && !mayHaveServer(metadata)) throw missing('there are no Google credentials', LOGIN)
  const client = await auth.getClient().catch((error: unknown) => {
    throw missing(`there are no Google credentials: ${firstLine(error)}`, LOGIN)
  })
  const endpoint = testEndpoint('GCP')
  if (endpoint !== undefined) askForTokensAt(endpoint, client)
  await client.getAccessToken().catch((error: unknown) => {
    throw refused(error, 'Google refuses the credentials', LOGIN)
  })
  return client
}

/** Nobody's: tokens for it are good for nothing. */
const NO_AUDIENCE = 'https://netfair.invalid'

/**
 * Whether they can make identity tokens, without which no function is invoked by HTTPS.
 * @throws InputError `CREDENTIALS_MISSING`; MeasurementError `PLATFORM_UNREACHABLE`
 */
export async function checkIdentity(identityFor: (audience: string) => Promise<IdTokenClient>): Promise<void> {
  try {
    const identity = await identityFor(NO_AUDIENCE)
    await identity.getRequestHeaders()
  } catch (error) {
    throw refused(error, 'the credentials make no identity token, which functions ask for', IMPERSONATE)
  }
}

const LOGIN =
  'Set GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account, or run `gcloud auth application-default login --impersonate-service-account=EMAIL`.'
const IMPERSONATE =
  'Run `gcloud auth application-default login --impersonate-service-account=EMAIL`, with roles/iam.serviceAccountTokenCreator on that account: see docs/gcp.md.'

/** Where the libraries look for one. */
function isThereAFile({ GOOGLE_APPLICATION_CREDENTIALS: named, CLOUDSDK_CONFIG, APPDATA } = process.env): boolean {
  if (named || process.env['google_application_credentials']) return true
  const folder = process.platform === 'win32' ? join(APPDATA ?? '', 'gcloud') : join(homedir(), '.config', 'gcloud')
  return existsSync(join(CLOUDSDK_CONFIG || folder, 'application_default_credentials.json'))
}

/** Only Google's own machines have a metadata server, or who names one: elsewhere the library would wait for it for seconds, and warn. */
function mayHaveServer(metadata: typeof gcpMetadata): boolean {
  const named = ['METADATA_SERVER_DETECTION', 'GCE_METADATA_HOST', 'GCE_METADATA_IP'].some((name) => process.env[name])
  return named || metadata.getGCPResidency()
}

/** The libraries know but one place for tokens: what they send there goes to the test bed. */
function askForTokensAt({ url }: TestEndpoint, { transporter }: AuthClient): void {
  transporter.interceptors.request.add({
    resolved: async (request) => {
      if (request.url.hostname === 'oauth2.googleapis.com') request.url = new URL(request.url.pathname, url)
      return request
    },
  })
}

function refused(error: unknown, what: string, hint: string): NetfairError {
  // `ECONNREFUSED`, `ENOTFOUND` and the like.
  const isOfNetwork = /^E[A-Z_]+$/.test(String((error as NodeJS.ErrnoException).code))
  return isOfNetwork ? unreachable(`gcp(): no token was to be had: ${firstLine(error)}`) : missing(`${what}: ${firstLine(error)}`, hint)
}

const missing = (what: string, hint: string): InputError => new InputError('CREDENTIALS_MISSING', `gcp(): ${what}`, { hint })

export const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1).join('').slice(0, 300)
