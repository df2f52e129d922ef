import { setTimeout as sleep } from 'node:timers/promises'
import { MeasurementError } from '../../model/errors.ts'
import type { FunctionsApi } from './functions-api.ts'
import { isBusy, isNotFound, platformError } from './platform-error.ts'

/** A build that is under way keeps a function from being removed until it ends. */
const LIMIT_MS = 15 * 60_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5000

/**
 * Removes a function, in whatever state; waits for what is under way on it. One that is not there is removed.
 * @throws MeasurementError `CLEANUP_INCOMPLETE`
 */
export async function removeFunction(api: FunctionsApi, name: string, limitMs: number = LIMIT_MS): Promise<void> {
  const deadline = performance.now() + limitMs
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(1.5 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await api.remove(name)
    } catch (error) {
      if (isNotFound(error)) return
      if (!isBusy(error) || performance.now() + pauseMs > deadline) throw incomplete(name, error)
    }
    await sleep(pauseMs)
  }
}

function incomplete(name: string, error: unknown): MeasurementError {
  const { message } = platformError(error, 'remove it')
  const [, region, id] = /locations\/([^/]+)\/functions\/(.+)$/.exec(name) ?? []
  return new MeasurementError('CLEANUP_INCOMPLETE', `The function ${id} in ${region} is still there. ${message}`, {
    hint: `Run \`netfair cleanup --provider gcp --region ${region}\` later, or \`gcloud functions delete ${id} --region ${region}\`.`,
  })
}
