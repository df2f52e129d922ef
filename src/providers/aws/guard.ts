import { canReserve, readLimits } from './account.ts'
import type { Connection } from './connection.ts'
import { readPlatformError } from './platform-error.ts'

/**
 * Reserves the function's concurrency: nobody else's functions take it away, and no mistake runs more instances than the experiment asks
 * for. Left out where the account has too little (`canReserve`): a guard must not keep other functions from running.
 * @param reserved what the function has now
 */
export async function guard(connection: Connection, name: string, concurrency: number, reserved: number | undefined): Promise<void> {
  if (reserved === concurrency) return
  const { sdk, control } = connection
  const { unreserved, ...limits } = await readLimits(connection)
  if (canReserve(concurrency, { ...limits, unreserved: unreserved + (reserved ?? 0) })) {
    if (await reserve(connection, name, concurrency)) return
  }
  // Less than is needed would hold up every round.
  if (reserved !== undefined) await control.send(new sdk.DeleteFunctionConcurrencyCommand({ FunctionName: name }))
}

/** @returns false where somebody else was faster, so that too little is left */
async function reserve({ sdk, control }: Connection, name: string, concurrency: number): Promise<boolean> {
  try {
    await control.send(new sdk.PutFunctionConcurrencyCommand({ FunctionName: name, ReservedConcurrentExecutions: concurrency }))
    return true
  } catch (error) {
    if (/UnreservedConcurrentExecution/i.test(readPlatformError(error).message)) return false
    throw error
  }
}
