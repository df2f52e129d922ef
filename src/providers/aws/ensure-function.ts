import { setTimeout as sleep } from 'node:timers/promises'
import type { GetFunctionResponse } from '@aws-sdk/client-lambda'
import { MeasurementError } from '../../model/errors.ts'
import type { Connection } from './connection.ts'
import { isConflict, isNotFound, isRoleNotAssumable } from './platform-error.ts'
import { differences, type WantedFunction } from './wanted-function.ts'

/** A role that was made just now is not known everywhere for some seconds. */
const ROLE_WAITS_MS = [1000, 2000, 4000, 8000]
/** How long a function may take to become active: in a VPC more than a minute. */
const LONGEST_WAIT_SECONDS = 300
const POLL_SECONDS = { minDelay: 0.25, maxDelay: 3 }

/**
 * Makes the function, or changes what is not as it shall be; what is right already is not touched. Requests that change something are never
 * cut off, so that it is known what is there afterwards; an abort is seen between them.
 * @returns its reserved concurrency, where it has one
 */
export async function ensureFunction(connection: Connection, wanted: WantedFunction, signal?: AbortSignal): Promise<number | undefined> {
  let found = await find(connection, wanted.name)
  signal?.throwIfAborted()
  if (found === undefined && (await create(connection, wanted, signal))) {
    await waitUntil('Active', connection, wanted.name, signal)
    return undefined
  }
  found ??= await find(connection, wanted.name)
  if (found === undefined) throw gone(wanted.name)
  await adapt(connection, wanted, found, signal)
  return found.Concurrency?.ReservedConcurrentExecutions
}

async function find({ sdk, control }: Connection, name: string): Promise<GetFunctionResponse | undefined> {
  try {
    return await control.send(new sdk.GetFunctionCommand({ FunctionName: name }))
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** @returns false where it is there already: an earlier attempt got through, and its answer did not */
async function create({ sdk, control }: Connection, wanted: WantedFunction, signal?: AbortSignal): Promise<boolean> {
  const { name, code, architecture, configuration, vpc, tags } = wanted
  const command = {
    FunctionName: name,
    Code: { ZipFile: code.zip },
    Architectures: [architecture],
    Tags: { ...tags },
    ...configuration,
    // Even an empty one would ask for permissions on networks.
    ...(vpc.SubnetIds.length > 0 && { VpcConfig: vpc }),
  }
  for (let attempt = 0; ; attempt++) {
    try {
      await control.send(new sdk.CreateFunctionCommand(command))
      return true
    } catch (error) {
      const waitMs = ROLE_WAITS_MS[attempt]
      if (isConflict(error)) return false
      if (!isRoleNotAssumable(error) || waitMs === undefined) throw error
      await sleep(waitMs, undefined, { ...(signal && { signal }) })
    }
  }
}

async function adapt(connection: Connection, wanted: WantedFunction, found: GetFunctionResponse, signal?: AbortSignal): Promise<void> {
  const { sdk, control } = connection
  const { name, code, architecture, configuration, vpc, tags } = wanted
  const differs = differences(wanted, found)
  const arn = found.Configuration?.FunctionArn
  // First of all it must be known whose it is now.
  if (differs.tags && arn !== undefined) await control.send(new sdk.TagResourceCommand({ Resource: arn, Tags: { ...tags } }))
  if (found.Configuration?.State !== 'Active') await waitUntil('Active', connection, name, signal)
  if (found.Configuration?.LastUpdateStatus === 'InProgress') await waitUntil('Updated', connection, name, signal)
  if (differs.code) {
    await control.send(new sdk.UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: code.zip, Architectures: [architecture] }))
    await waitUntil('Updated', connection, name, signal)
  }
  if (differs.configuration || differs.vpc) {
    const changes = { ...configuration, ...(differs.vpc && { VpcConfig: vpc }) }
    await control.send(new sdk.UpdateFunctionConfigurationCommand({ FunctionName: name, ...changes }))
    await waitUntil('Updated', connection, name, signal)
  }
}

/** The waiters' own errors hold the function's whole configuration, with the agent's secret: only their reason is taken over. */
async function waitUntil(state: 'Active' | 'Updated', { sdk, control }: Connection, name: string, signal?: AbortSignal): Promise<void> {
  const wait = state === 'Active' ? sdk.waitUntilFunctionActiveV2 : sdk.waitUntilFunctionUpdatedV2
  const settings = { client: control, maxWaitTime: LONGEST_WAIT_SECONDS, ...POLL_SECONDS, ...(signal && { abortSignal: signal }) }
  try {
    await wait(settings, { FunctionName: name })
  } catch {
    signal?.throwIfAborted()
    const { State, StateReason, LastUpdateStatus, LastUpdateStatusReason } = await control.send(
      new sdk.GetFunctionConfigurationCommand({ FunctionName: name }),
    )
    const why = LastUpdateStatusReason ?? StateReason ?? `it did not get ready in ${LONGEST_WAIT_SECONDS} s`
    throw new MeasurementError('DEPLOY_FAILED', `The function ${name} is ${State}, its update ${LastUpdateStatus ?? 'unknown'}: ${why}`, {
      hint: 'See what Lambda says; in a VPC look at the subnets, the security groups and the permissions of the role (docs/aws.md).',
    })
  }
}

function gone(name: string): MeasurementError {
  return new MeasurementError('DEPLOY_FAILED', `The function ${name} was removed while it was deployed.`, {
    hint: 'Run it again; let no other run with this journal go on at the same time.',
  })
}
