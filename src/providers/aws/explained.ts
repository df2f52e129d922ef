import { MeasurementError, NetfairError } from '../../model/errors.ts'
import type { Connection } from './connection.ts'
import { explain, readPlatformError } from './platform-error.ts'

interface Doing {
  /** For the message: `the deployment of 2048 MB`. */
  readonly doing: string
  readonly signal?: AbortSignal | undefined
  /** Kept out of messages, besides the credentials. */
  readonly secrets?: readonly string[]
}

/** Errors of the SDK as errors that say what to do, without the requests that they hold. */
export async function explained<Result>(
  connection: Connection,
  { doing, signal, secrets = [] }: Doing,
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    signal?.throwIfAborted()
    return await act()
  } catch (error) {
    if (error instanceof NetfairError) throw error
    if (signal?.aborted) throw aborted(doing)
    throw explain(readPlatformError(error, [...secrets, ...(await connection.secrets())]), { doing, region: connection.region })
  }
}

function aborted(doing: string): MeasurementError {
  return new MeasurementError('RUN_ABORTED', `Because the run was aborted, ${doing} was not finished; what there was of it is removed.`, {
    hint: 'Run it again; with --resume it goes on where it was.',
  })
}
