import type { Connection } from './connection.ts'
import { isPassing } from './https-client.ts'
import { until } from './patience.ts'
import { type Refusal, refusalIn } from './platform-error.ts'

export interface ResourceRequest {
  readonly method?: 'GET' | 'POST'
  /** From the subscription on: `resourceGroups/…`. */
  readonly path: string
  readonly apiVersion: string
  readonly signal?: AbortSignal | undefined
}

const LIMIT_MS = 10_000

/** What the platform answered. */
export type Answer<Body> = { readonly body: Body; readonly refusal?: never } | { readonly refusal: Refusal }

/** Asks for a resource that the SDK of App Service does not know; nothing is changed by it. What is not answered is asked again. */
export async function askResource<Body>(connection: Connection, request: ResourceRequest): Promise<Answer<Body>> {
  const { method = 'GET', path, apiVersion, signal } = request
  const url = `${connection.management}/subscriptions/${connection.subscriptionId}/${path}?api-version=${apiVersion}`
  const token = await connection.token(signal)
  let busy: Refusal = { status: undefined, code: undefined, message: 'no answer' }
  const ask = async (): Promise<Answer<Body> | undefined> => {
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json' }
    const { status, text } = await connection.https.ask({ method, url, headers, ...(signal && { signal }) })
    if (status === 200) return { body: JSON.parse(text) as Body }
    const refusal = refusalIn(status, text)
    if (!isPassing(status)) return { refusal }
    busy = refusal
    return undefined
  }
  return (await until(ask, { limitMs: LIMIT_MS, signal })) ?? { refusal: busy }
}
