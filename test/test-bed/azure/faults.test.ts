import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, afterEach, expect, test } from 'vitest'
import { startAzureBed } from '../azure.ts'
import { all, clientOf, makeSite } from './client.ts'
import type { FaultKind } from './faults.ts'

const bed = await startAzureBed()
const { resourceGroup } = bed.account
afterAll(() => bed[Symbol.asyncDispose]())
afterEach(() => bed.faults.clear())

test.each<[FaultKind, number, string | undefined]>([
  ['not-found', 404, 'ResourceNotFound'],
  ['conflict', 409, undefined],
  ['name-taken', 409, undefined],
  ['forbidden', 403, 'AuthorizationFailed'],
  ['throttled', 429, 'TooManyRequests'],
  ['quota', 409, 'QuotaExceeded'],
  ['expired-token', 401, 'ExpiredAuthenticationToken'],
  ['invalid-token', 401, 'InvalidAuthenticationToken'],
  ['server-error', 500, 'InternalServerError'],
  ['unavailable', 503, 'ServiceUnavailable'],
])('%s reaches the client as %i', async (kind, statusCode, code) => {
  bed.faults.next('WebApps_Get', kind)
  const asked = clientOf(bed).webApps.get(resourceGroup, 'app')
  await expect(asked).rejects.toMatchObject({ statusCode, ...(code !== undefined && { code }) })
})

test('a throttled client that waits as it is told gets its answer', async () => {
  bed.faults.next('ListGeoRegions', 'throttled', { retryAfterSeconds: 1 })
  const before = performance.now()
  const { value } = await clientOf(bed, { maxRetries: 3 }).listGeoRegions().next()
  expect(value).toBeDefined()
  expect(performance.now() - before).toBeGreaterThan(990)
})

test('requests before it pass, others than it are not met, and it can be taken back', async () => {
  const { webApps, appServicePlans } = clientOf(bed)
  const count = async (list: AsyncIterable<unknown>): Promise<number> => (await all(list)).length
  const undo = bed.faults.next('WebApps_List', 'server-error', { skip: 1, times: 5 })
  expect(await count(webApps.list())).toBe(0)
  expect(await count(appServicePlans.list())).toBe(0)
  await expect(count(webApps.list())).rejects.toMatchObject({ statusCode: 500 })
  undo()
  expect(await count(webApps.list())).toBe(0)
})

test('an answer can be late, lost, or never come', async () => {
  const sku = { name: 'FC1', tier: 'FlexConsumption' }
  const make = (name: string, abortSignal?: AbortSignal) =>
    clientOf(bed).appServicePlans.createOrUpdate(
      resourceGroup,
      name,
      { location: 'westeurope', sku, reserved: true },
      { ...(abortSignal && { abortSignal }), updateIntervalInMs: 5 },
    )
  bed.faults.next('AppServicePlans_CreateOrUpdate', 'dropped')
  await expect(make('dropped')).rejects.toThrow()
  bed.faults.next('AppServicePlans_CreateOrUpdate', 'answer-lost')
  await expect(make('lost')).rejects.toThrow()
  bed.faults.next('AppServicePlans_CreateOrUpdate', 'hang')
  const aborted = new AbortController()
  const hanging = make('hanging', aborted.signal)
  await expect.poll(() => bed.requests.at(-1)?.name).toBe('hanging')
  aborted.abort()
  await expect(hanging).rejects.toThrow()
  bed.faults.next('AppServicePlans_CreateOrUpdate', 'operation-fails')
  await expect(make('failed')).rejects.toThrow()
  expect(bed.remains()).toEqual(['Microsoft.Web/serverfarms/lost', 'Microsoft.Web/serverfarms/failed'])
  for (const name of ['lost', 'failed']) await clientOf(bed).appServicePlans.delete(resourceGroup, name)
})

/** A process that makes plan and site. */
const MAKE = `
  import { makeSite } from '${new URL('client.ts', import.meta.url)}'
  const bed = JSON.parse(process.env.BED)
  await makeSite(bed)`

test.each([
  ['before it is done', false, ['serverfarms/netfair-app-plan']],
  ['after it is done', true, ['sites/netfair-app', 'serverfarms/netfair-app-plan']],
])('a process killed at the second step %s', async (_when, after, left) => {
  const arrived = bed.faults.hangAtStep(2, { after })
  const { environment, ca, account } = bed
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', MAKE], {
    env: { ...process.env, BED: JSON.stringify({ environment, ca, account }) },
    stdio: 'inherit',
  })
  expect(await arrived).toMatchObject({ operation: 'WebApps_CreateOrUpdate', name: 'netfair-app' })
  child.kill('SIGKILL')
  await once(child, 'exit')
  await expect.poll(async () => bed.remains()).toEqual(left.map((path) => `Microsoft.Web/${path}`))
  const { webApps, appServicePlans } = clientOf(bed)
  await expect
    .poll(() =>
      webApps.delete(resourceGroup, 'netfair-app').then(
        () => true,
        () => false,
      ),
    )
    .toBe(true)
  await appServicePlans.delete(resourceGroup, 'netfair-app-plan')
  expect(bed.remains()).toEqual([])
})

test('what goes on afterwards is as before', async () => {
  await makeSite(bed)
  await clientOf(bed).webApps.delete(resourceGroup, 'netfair-app')
  expect(bed.remains()).toEqual([])
})
