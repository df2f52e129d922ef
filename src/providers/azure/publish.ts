import { MeasurementError } from '../../model/errors.ts'
import type { Connection } from './connection.ts'
import { isPassing } from './https-client.ts'
import { until } from './patience.ts'
import { refusalIn, refusedError } from './platform-error.ts'

const LIMIT_MS = 300_000

/** Of a deployment, by number: -1 cancelled, 0 pending, 1 building, 2 deploying, 3 failed, 4 success, 5 conflict, 6 partial success. */
const SUCCESS = 4
const ENDED: readonly number[] = [-1, 3, 4, 5, 6]

/**
 * Puts the package into the app the way of Flex Consumption ("one deploy"), and waits until it is there.
 * @param scmHost host name of the app's deployment site
 * @throws MeasurementError `DEPLOY_FAILED`
 */
export async function publish(connection: Connection, scmHost: string, zip: Uint8Array, signal?: AbortSignal): Promise<void> {
  const id = await upload(connection, scmHost, zip, signal)
  const status = await until(() => ended(connection, `https://${scmHost}/api/deployments/${id}`, signal), { limitMs: LIMIT_MS, signal })
  if (status === undefined) throw failed(`has not ended after ${LIMIT_MS / 1000} s`)
  if (status !== SUCCESS) throw failed(`ended with status ${status}`)
}

/** A deployment site starts with its app: until it does, nothing is uploaded. */
async function upload(connection: Connection, scmHost: string, zip: Uint8Array, signal: AbortSignal | undefined): Promise<string> {
  const url = `https://${scmHost}/api/publish?RemoteBuild=false&Deployer=netfair`
  let last = { status: 0, text: '' }
  const send = async (): Promise<string | undefined> => {
    const headers = { authorization: `Bearer ${await connection.token(signal)}`, 'content-type': 'application/zip' }
    last = await connection.https.ask({ method: 'POST', url, headers, body: zip, ...(signal && { signal }) })
    if (last.status === 200 || last.status === 202) return idIn(last.text)
    if (last.status === 409 || isPassing(last.status)) return undefined
    throw refusedError('publish the agent', refusalIn(last.status, last.text))
  }
  const id = await until(send, { limitMs: LIMIT_MS, signal })
  if (id === undefined) throw refusedError('publish the agent', refusalIn(last.status, last.text))
  return id
}

/** The answer is the deployment's id as JSON text; without one it is the latest. */
function idIn(text: string): string {
  const id = text.trim().replaceAll('"', '')
  return /^[\w-]+$/.test(id) ? id : 'latest'
}

/** Its status when it has ended; not known yet, or not answered: undefined. */
async function ended(connection: Connection, url: string, signal: AbortSignal | undefined): Promise<number | undefined> {
  const headers = { authorization: `Bearer ${await connection.token(signal)}` }
  const { status, text } = await connection.https.ask({ method: 'GET', url, headers, ...(signal && { signal }) })
  if (status === 404 || isPassing(status)) return undefined
  if (status !== 200 && status !== 202) throw refusedError('tell how the publishing goes', refusalIn(status, text))
  const { status: code } = JSON.parse(text) as { status?: number }
  return code !== undefined && ENDED.includes(code) ? code : undefined
}

const failed = (how: string): MeasurementError =>
  new MeasurementError('DEPLOY_FAILED', `Publishing the agent to Azure ${how}.`, {
    hint: 'See the deployments of the function app in the portal; does the storage account allow access from everywhere?',
  })
