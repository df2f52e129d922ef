import { setTimeout as sleep } from 'node:timers/promises'
import { MeasurementError } from '../../model/errors.ts'
import type { Connection } from './connection.ts'
import { isConflict, isNotFound, readPlatformError } from './platform-error.ts'

/** A function that is still being made (in a VPC that takes a minute and more) cannot be removed yet. */
const PATIENCE_MS = 180_000
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5000

/**
 * Removes a function and what hangs on it: code, tags, reserved concurrency. One that is not there is fine.
 * @throws MeasurementError `CLEANUP_INCOMPLETE` that names it
 */
export async function removeFunction(connection: Connection, name: string): Promise<void> {
  const { sdk, control } = connection
  const deadline = performance.now() + PATIENCE_MS
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    try {
      await control.send(new sdk.DeleteFunctionCommand({ FunctionName: name }))
      return
    } catch (error) {
      if (isNotFound(error)) return
      if (!isConflict(error) || performance.now() > deadline) throw await notRemoved(connection, name, error)
    }
    await sleep(waitMs)
  }
}

async function notRemoved({ region, secrets }: Connection, name: string, error: unknown): Promise<MeasurementError> {
  const why = readPlatformError(error, await secrets())
  return new MeasurementError(
    'CLEANUP_INCOMPLETE',
    `The Lambda function ${name} in ${region} is left behind: ${why.name}: ${why.message}`,
    {
      hint: `Run \`netfair cleanup --provider aws --region ${region}\`, or \`aws lambda delete-function --region ${region} --function-name ${name}\`.`,
    },
  )
}
