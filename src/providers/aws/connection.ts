import type { LambdaClient } from '@aws-sdk/client-lambda'
import { optionalPackage } from '../cloud/optional-package.ts'
import { testEndpoint } from '../cloud/test-endpoint.ts'

/** Longest that a request which changes or reads something may take. */
const CONTROL_TIMEOUT_MS = 60_000
/** What an invocation may take beyond the function's timeout: its cold start, and the way there and back. */
const BEYOND_TIMEOUT_MS = 30_000
/** An idle connection may have been closed by the other end without a word: it is not used again after so long. */
const IDLE_SOCKET_MS = 20_000

/** AWS Lambda of one region. */
export interface Connection {
  readonly sdk: typeof import('@aws-sdk/client-lambda')
  readonly region: string
  /** For all but invocations; the SDK repeats what failed. */
  readonly control: LambdaClient
  /** For invocations: nothing is repeated, as a measurement may have begun; as many at once as there are. */
  readonly invoking: LambdaClient
  /** The credentials, to be kept out of messages; none where there are none. */
  secrets(): Promise<readonly string[]>
}

/**
 * Loads the SDK; sends nothing.
 * @throws InputError `PACKAGE_MISSING`
 */
export async function connect(region: string, timeoutSeconds: number): Promise<Connection> {
  const sdk = await optionalPackage('@aws-sdk/client-lambda', 'aws()', () => import('@aws-sdk/client-lambda'))
  const endpoint = testEndpoint('AWS')
  const agent = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, timeout: IDLE_SOCKET_MS, ...(endpoint?.ca && { ca: endpoint.ca }) }
  const base = { region, ...(endpoint && { endpoint: endpoint.url }) }
  const handler = (requestTimeout: number) => {
    return { requestTimeout, throwOnRequestTimeout: true, httpAgent: agent, httpsAgent: agent }
  }
  const control = new sdk.LambdaClient({ ...base, maxAttempts: 5, requestHandler: handler(CONTROL_TIMEOUT_MS) })
  const { credentials } = control.config
  const invoking = new sdk.LambdaClient({
    ...base,
    credentials,
    maxAttempts: 1,
    requestHandler: handler(timeoutSeconds * 1000 + BEYOND_TIMEOUT_MS),
  })
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
