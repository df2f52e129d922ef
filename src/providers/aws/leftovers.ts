import { isAbandoned } from '../cloud/ownership.ts'
import type { Connection } from './connection.ts'
import { isNotFound } from './platform-error.ts'
import { removeFunction } from './remove-function.ts'

/**
 * Removes the functions of runs that ended without doing so.
 * @returns what was removed
 * @throws MeasurementError `CLEANUP_INCOMPLETE`, after it has tried them all
 */
export async function removeLeftovers(connection: Connection, olderThanMs?: number): Promise<readonly string[]> {
  const { region } = connection
  const removed: string[] = []
  const failures: unknown[] = []
  for await (const { name, arn } of namedAsOurs(connection)) {
    if (!isAbandoned(await tagsOf(connection, arn), { olderThanMs })) continue
    try {
      await removeFunction(connection, name)
      removed.push(`AWS Lambda function ${name} in ${region}`)
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
  return removed
}

async function* namedAsOurs({ sdk, control }: Connection): AsyncGenerator<{ readonly name: string; readonly arn: string }> {
  for await (const { Functions = [] } of sdk.paginateListFunctions({ client: control }, {})) {
    for (const { FunctionName: name, FunctionArn: arn } of Functions) if (name?.startsWith('netfair-') && arn) yield { name, arn }
  }
}

async function tagsOf({ sdk, control }: Connection, arn: string): Promise<Readonly<Record<string, string>>> {
  try {
    const { Tags = {} } = await control.send(new sdk.ListTagsCommand({ Resource: arn }))
    return Tags
  } catch (error) {
    if (isNotFound(error)) return {}
    throw error
  }
}
