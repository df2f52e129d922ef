import type { Demand, ProviderDescription } from '../provider.ts'
import { checkConcurrency, readLimits, reservable } from './account.ts'
import type { Connection } from './connection.ts'
import { explained } from './explained.ts'
import type { Settings } from './options.ts'
import { RUNTIME } from './wanted-function.ts'

/**
 * Asks the account, and says what the demand will get there.
 * @throws InputError `INVALID_CONCURRENCY`, `CREDENTIALS_MISSING`, `REGION_UNKNOWN`, `PREREQUISITE_MISSING`
 */
export async function describeAccount(connection: Connection, settings: Settings, demand: Demand): Promise<ProviderDescription> {
  const { memoryMb = [], concurrency = 1, signal } = demand
  const limits = await explained(connection, { doing: 'GetAccountSettings', signal }, () => readLimits(connection, signal))
  const { region } = connection
  checkConcurrency(concurrency, limits, region)
  const { architecture, storageMb, timeoutSeconds } = settings
  const functions = memoryMb.length * (settings.vpc === undefined ? 1 : 2)
  const reserved = reservable(functions, concurrency, limits)
  const environment = {
    runtime: RUNTIME,
    architecture,
    storageMb,
    timeoutSeconds,
    accountConcurrency: limits.concurrency,
    unreservedConcurrency: limits.unreserved,
    ...(functions > 0 && { functionsWithReservedConcurrency: reserved }),
    ...(reserved < functions && {
      notReserved: `${concurrency} for each function would leave too little to the account's other functions`,
    }),
  }
  return { name: 'aws', variant: 'lambda', region, environment }
}
