import type { AccessToken, TokenCredential } from '@azure/identity'
import { MeasurementError } from '../../model/errors.ts'

interface TokenAnswer {
  readonly access_token: string
  /** Epoch seconds. */
  readonly expires_on: string
}

/** The function app's own identity, by the endpoint that the platform gives each of its processes; a library for it would be larger than all the rest. */
export function managedIdentity(environment: Readonly<Record<string, string | undefined>> = process.env): TokenCredential {
  let token: AccessToken | undefined
  return {
    async getToken() {
      if (token !== undefined && token.expiresOnTimestamp > Date.now() + 300_000) return token
      const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header, NETFAIR_IDENTITY: identity } = environment
      if (endpoint === undefined || header === undefined) throw missing()
      const query = new URLSearchParams({ resource: 'https://storage.azure.com/', 'api-version': '2019-08-01' })
      if (identity !== undefined) query.set('mi_res_id', identity)
      const answer = await fetch(`${endpoint}?${query}`, { headers: { 'x-identity-header': header } })
      if (!answer.ok) throw new Error(`The managed identity gave status ${answer.status}.`)
      const { access_token, expires_on } = (await answer.json()) as TokenAnswer
      token = { token: access_token, expiresOnTimestamp: 1000 * Number(expires_on) }
      return token
    },
  }
}

const missing = (): MeasurementError =>
  new MeasurementError('IDENTITY_MISSING', 'This function has no managed identity.', {
    hint: "Give one to azure({identity}), or lend the account's key: azureBlob({credentials: 'environment'}).",
  })
