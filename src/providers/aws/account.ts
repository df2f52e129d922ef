import { InputError } from '../../model/errors.ts'
import type { Connection } from './connection.ts'

/** Lambda keeps so much of an account's concurrency free of reservations. */
const LEAST_UNRESERVED = 100

/** How many invocations at once the account takes in this region. */
export interface AccountLimits {
  readonly concurrency: number
  /** What no function has reserved for itself. */
  readonly unreserved: number
}

/** Asks for the limits, which also shows whether region and credentials are right. */
export async function readLimits({ sdk, control }: Connection, signal?: AbortSignal): Promise<AccountLimits> {
  const settings = await control.send(new sdk.GetAccountSettingsCommand({}), { ...(signal && { abortSignal: signal }) })
  const { ConcurrentExecutions = 0, UnreservedConcurrentExecutions = ConcurrentExecutions } = settings.AccountLimit ?? {}
  return { concurrency: ConcurrentExecutions, unreserved: UnreservedConcurrentExecutions }
}

/** @throws InputError `INVALID_CONCURRENCY` */
export function checkConcurrency(wanted: number, { concurrency, unreserved }: AccountLimits, region: string): void {
  if (Number.isInteger(wanted) && wanted >= 1 && wanted <= unreserved) return
  const reserved = unreserved < concurrency ? ` (its limit is ${concurrency}, the rest is reserved for other functions)` : ''
  throw new InputError(
    'INVALID_CONCURRENCY',
    `The concurrency is ${wanted}; this AWS account takes 1 to ${unreserved} invocations at once in ${region}${reserved}.`,
    { hint: 'Lower the concurrency, or ask for a higher "Concurrent executions" in Service Quotas.' },
  )
}

/**
 * Whether so much can be reserved for one more function. Never more than leaves as much free again, and what Lambda keeps free: a later
 * function of the same run that finds nothing more to reserve still runs at full concurrency.
 */
export function canReserve(concurrency: number, { unreserved }: AccountLimits): boolean {
  return unreserved - concurrency >= Math.max(LEAST_UNRESERVED, concurrency)
}

/** Of so many functions, how many get their concurrency reserved; the same rule as {@link canReserve}, for all of them. */
export function reservable(functions: number, concurrency: number, { unreserved, ...limits }: AccountLimits): number {
  let count = 0
  while (count < functions && canReserve(concurrency, { ...limits, unreserved: unreserved - count * concurrency })) count++
  return count
}
