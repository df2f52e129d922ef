import { InputError } from '../../model/errors.ts'
import { checkOffered } from '../cloud/offered-memory.ts'
import type { Demand } from '../provider.ts'
import type { Connection } from './connection.ts'
import { type AzureSettings, regionName } from './options.ts'
import { platformError } from './platform-error.ts'

/** Memory of an instance on offer, in MB. Source: learn.microsoft.com/azure/azure-functions/flex-consumption-plan. */
export const MEMORY_MB: readonly number[] = [512, 2048, 4096]
/** Most instances of one function app; same source. */
export const MOST_INSTANCES = 1000
/** Longest time that the platform's front end waits for the answer to an HTTP request, in milliseconds. Source: functions-scale, "timeout". */
export const FRONT_END_MS = 230_000

/** CPUs of an instance; same source as its memory. */
const coresOf = (memoryMb: number): number => memoryMb / 2048

/**
 * What can be told without asking.
 * @throws InputError `INVALID_MEMORY`, `INVALID_CONCURRENCY`, `INVOCATION_TOO_LONG`, `IDENTITY_MISSING`
 */
export function checkDemand(settings: AzureSettings, { memoryMb = [], concurrency = 1, invocationMs, identity = false }: Demand): void {
  if (settings.plan === 'consumption') throw classic(memoryMb)
  for (const size of memoryMb) checkOffered(size, MEMORY_MB, 'Azure Functions (Flex Consumption)')
  if (!(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= MOST_INSTANCES)) {
    throw new InputError(
      'INVALID_CONCURRENCY',
      `concurrency is ${concurrency}; a function app of Flex Consumption has 1 to ${MOST_INSTANCES} instances.`,
      {
        hint: `Use at most ${MOST_INSTANCES} functions at once.`,
      },
    )
  }
  if (invocationMs !== undefined) checkDuration(invocationMs)
  if (identity && settings.identity === undefined)
    throw new InputError('IDENTITY_MISSING', 'azure(): functions would ask the object store as their own identity, and have none.', {
      hint: "Give them one: azure({identity}). Or lend them the account's key: azureBlob({credentials: 'environment'}); or use the transport \"signed-url\".",
    })
}

/** @throws InputError `INVOCATION_TOO_LONG` */
export function checkDuration(invocationMs: number): void {
  if (invocationMs <= FRONT_END_MS) return
  const seconds = Math.ceil(invocationMs / 1000)
  throw new InputError(
    'INVOCATION_TOO_LONG',
    `An invocation may take ${seconds} s here; Azure ends every HTTP request after ${FRONT_END_MS / 1000} s.`,
    {
      hint: 'Measure for a shorter time.',
    },
  )
}

function classic(memoryMb: readonly number[]): InputError {
  const asked = memoryMb.length === 0 ? 'No memory size' : `memoryMb is ${memoryMb.join(', ')}; no memory size`
  const why = 'it bills the memory that it observes, and one instance serves many executions at once'
  return new InputError('INVALID_MEMORY', `${asked} can be set on the classic Consumption plan of Azure Functions: ${why}.`, {
    hint: `Use plan "flex-consumption" with ${MEMORY_MB.join(', ')} MB.`,
  })
}

/** @throws InputError `REGION_UNKNOWN`, with those that offer Flex Consumption */
export async function checkLocation({ web }: Connection, { location }: AzureSettings, signal?: AbortSignal): Promise<void> {
  const offered: string[] = []
  try {
    for await (const { name } of web.listGeoRegions({ sku: 'FlexConsumption', ...(signal && { abortSignal: signal }) })) {
      if (name !== undefined) offered.push(regionName(name))
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw platformError('list the regions of Flex Consumption', error)
  }
  if (offered.includes(location)) return
  throw new InputError('REGION_UNKNOWN', `azure(): "location" is ${location}, which does not offer Flex Consumption.`, {
    hint: `It is on offer in: ${offered.toSorted().join(', ')}.`,
  })
}

/**
 * Looks whether the quota of the region would hold that many instances at once. It counts cores, of all apps of the subscription.
 * Without the right to see it nothing is said: instances beyond it would only start late.
 * @throws InputError `INVALID_CONCURRENCY`
 */
export async function checkQuota({ web }: Connection, { location }: AzureSettings, demand: Demand): Promise<void> {
  const { memoryMb = [], concurrency = 1, signal } = demand
  const largest = Math.max(0, ...memoryMb)
  const limit = await coresIn(web, location, signal)
  if (limit === undefined || concurrency * coresOf(largest) <= limit) return
  const most = Math.floor(limit / coresOf(largest))
  throw new InputError(
    'INVALID_CONCURRENCY',
    `concurrency is ${concurrency}; the quota of ${limit} cores in ${location} allows ${most} instances of ${largest} MB at once.`,
    { hint: 'Use fewer or smaller functions, or ask for more quota in the portal.' },
  )
}

async function coresIn(web: Connection['web'], location: string, signal: AbortSignal | undefined): Promise<number | undefined> {
  try {
    for await (const { unit, name, limit } of web.getUsagesInLocation.list(location, signal && { abortSignal: signal })) {
      if (limit !== undefined && limit > 0 && /flex|cores usage/i.test(name?.value ?? '') && /core/i.test(`${unit} ${name?.value}`))
        return limit
    }
  } catch {
    signal?.throwIfAborted()
  }
  return undefined
}
