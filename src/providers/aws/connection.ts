import type { LambdaClient } from '@aws-sdk/client-lambda'
import { optionalPackage } from '../../model/optional-package.ts'
import { testEndpoint } from '../cloud/test-endpoint.ts'

/** Longest that a request which changes or reads something may take. */
const CONTROL_TIMEOUT_MS = 60_000
/** An idle connection may have been closed by the other end without a word: it is not used again after so long. */
const IDLE_SOCKET_MS = 20_000

/** AWS Lambda of one region. */
export interface Connection {
  readonly sdk: typeof import('@aws-sdk/client-lambda')
  readonly region: string
  /** For all but invocations; the SDK repeats what failed. */
  readonly control: LambdaClient
  /** For invocations: nothing is repeated, as a measurement may have begun; as many at once as there are; how long is the caller's matter. */
  readonly invoking: LambdaClient
  /** The credentials, to be kept out of messages; none where there are none. */
  secrets(): Promise<readonly string[]>
}

/**
 * Loads the SDK; sends nothing.
 * @throws InputError `PACKAGE_MISSING`
 */
export async function connect(region: string): Promise<Connection> {
  const sdk = await optionalPackage('@aws-sdk/client-lambda', 'aws()', () => import('@aws-sdk/client-lambda'))
  const endpoint = testEndpoint('AWS')
  const agent = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, timeout: IDLE_SOCKET_MS, ...(endpoint?.ca && { ca: endpoint.ca }) }
  const base = { region, ...(endpoint && { endpoint: endpoint.url }) }
  const agents = { httpAgent: agent, httpsAgent: agent }
  const patience = { requestTimeout: CONTROL_TIMEOUT_MS, throwOnRequestTimeout: true }
  const control = new sdk.LambdaClient({ ...base, maxAttempts: 5, requestHandler: { ...agents, ...patience } })
  const { credentials } = control.config
  const invoking = new sdk.LambdaClient({ ...base, credentials, maxAttempts: 1, requestHandler: agents })
  return {
    sdk,
    region,
    control,
    invoking,
    async secrets() {
      const found = await credentials().catch(() => undefined)
      return found === undefined ? [] : [found.secretAccessKey, found.accessKeyId, found.sessionToken].filter((text) => text !== undefined)
    },
  }
}
