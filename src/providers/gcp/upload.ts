import { MeasurementError } from '../../model/errors.ts'
import type { Connection } from './connection.ts'
import type { Upload } from './functions-api.ts'
import { exchange } from './https-exchange.ts'

/** Sends the ZIP to where Google wants it, without credentials: the URL itself is one. */
export async function upload(zip: Uint8Array, { url, headers }: Upload, { sockets }: Connection, signal?: AbortSignal): Promise<void> {
  const sent = exchange(url, { method: 'PUT', headers, body: zip, sockets, ...(signal !== undefined && { signal }) })
  const { status } = await sent.catch((error: NodeJS.ErrnoException) => {
    signal?.throwIfAborted()
    throw failed(`failed with ${error.code ?? error.name}`)
  })
  if (status !== 200 && status !== 201) throw failed(`was answered with status ${status}`)
}

function failed(how: string): MeasurementError {
  return new MeasurementError('DEPLOYMENT_FAILED', `The upload of the agent's ZIP to Google's storage ${how}.`, {
    hint: 'Deploy again; look whether this machine may reach storage.googleapis.com.',
  })
}
