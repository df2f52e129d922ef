import { MeasurementError } from '../../model/errors.ts'
import type { Connection } from './connection.ts'
import { FUNCTION } from './function-app.ts'
import { until } from './patience.ts'
import { isNotYetThere, platformError, refusalOf, refusedError } from './platform-error.ts'
import { askResource } from './resource-manager.ts'

const LIMIT_MS = 300_000

const WEB_API = '2025-05-01'

interface Keys {
  readonly default?: string
  readonly properties?: { readonly default?: string }
}

/** What an invocation needs. */
export interface LiveFunction {
  readonly url: string
  /** A secret. */
  readonly key: string
}

export interface FunctionPlace {
  readonly resourceGroup: string
  readonly name: string
  /** Of the app, `<name>.azurewebsites.net` or as the platform says. */
  readonly host: string
}

/** Whether the platform has found the function in what was published. */
export async function isIndexed({ web }: Connection, { resourceGroup, name }: FunctionPlace, signal?: AbortSignal): Promise<boolean> {
  try {
    for await (const found of web.webApps.listFunctions(resourceGroup, name, signal && { abortSignal: signal })) {
      if (found.name?.split('/').at(-1) === FUNCTION) return true
    }
  } catch (error) {
    signal?.throwIfAborted()
    // The SDK keeps of a refused list only its status.
    const { status } = refusalOf(error)
    if (status !== 404 && status !== 400) throw platformError('list the functions of the app', error)
  }
  return false
}

/**
 * Waits until the function is found, has its key, and the agent itself answers.
 * @throws MeasurementError `DEPLOY_FAILED`
 */
export async function waitUntilLive(connection: Connection, place: FunctionPlace, signal?: AbortSignal): Promise<LiveFunction> {
  const patience = { limitMs: LIMIT_MS, signal }
  const url = `https://${place.host}/api/${FUNCTION}`
  const indexed = await until(async () => ((await isIndexed(connection, place, signal)) ? true : undefined), patience)
  const key = indexed === undefined ? undefined : await until(() => keyOf(connection, place, signal), patience)
  const live = key === undefined ? undefined : await until(() => answers(connection, { url, key }, signal), patience)
  if (live !== undefined) return live
  throw new MeasurementError(
    'DEPLOY_FAILED',
    `The function app ${place.name} does not answer ${LIMIT_MS / 1000} s after its agent was published.`,
    {
      hint: 'See its log stream in the portal.',
    },
  )
}

/** Asked for without the SDK: it drops what does not lie in `properties`, as the platform's answer does. */
async function keyOf(
  connection: Connection,
  { resourceGroup, name }: FunctionPlace,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const path = `resourceGroups/${resourceGroup}/providers/Microsoft.Web/sites/${name}/functions/${FUNCTION}/listkeys`
  const answer = await askResource<Keys>(connection, { method: 'POST', path, apiVersion: WEB_API, signal })
  if (answer.refusal === undefined) return (answer.body.properties ?? answer.body).default
  if (isNotYetThere(answer.refusal)) return undefined
  throw refusedError('list the keys of the function', answer.refusal)
}

/** What is no task is refused with 400 by the agent alone: everything before it answers something else. */
async function answers({ https }: Connection, live: LiveFunction, signal: AbortSignal | undefined): Promise<LiveFunction | undefined> {
  const headers = { 'x-functions-key': live.key, 'content-type': 'application/json' }
  const { status } = await https.ask({ method: 'POST', url: live.url, headers, body: '{}', ...(signal && { signal }) })
  return status === 400 ? live : undefined
}
