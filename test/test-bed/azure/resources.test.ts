import type { AppServicePlan, Site } from '@azure/arm-appservice'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { startAzureBed } from '../azure.ts'
import { all, clientOf, fetchFrom, makeSite, tokenOf } from './client.ts'

const bed = await startAzureBed({ pageSize: 2, takenNames: ['contoso'], limits: { plans: 4 } })
const client = clientOf(bed)
const { resourceGroup, subscriptionId, storageAccount, containers } = bed.account
const fast = { updateIntervalInMs: 5 }
afterAll(() => bed[Symbol.asyncDispose]())
afterEach(async () => {
  for (const path of bed.remains()) {
    const [, type, name = ''] = path.split('/')
    if (type === 'sites') await client.webApps.delete(resourceGroup, name)
    else await client.appServicePlans.delete(resourceGroup, name)
  }
  expect(bed.remains()).toEqual([])
})

const flexPlan: AppServicePlan = { location: 'westeurope', sku: { name: 'FC1', tier: 'FlexConsumption' }, reserved: true }
const makePlan = (name: string, changes: Partial<AppServicePlan> = {}) =>
  client.appServicePlans.createOrUpdate(resourceGroup, name, { ...flexPlan, ...changes }, fast)

/** A site that the platform takes, with changes. */
async function site(changes: Partial<Site> = {}): Promise<Site> {
  const { id = '' } = await makePlan('plan')
  const storage = {
    type: 'blobContainer' as const,
    value: `https://${storageAccount}.blob.core.windows.net/${containers[0]}`,
    authentication: { type: 'StorageAccountConnectionString' as const, storageAccountConnectionStringName: 'DEPLOYMENT_STORAGE' },
  }
  const scaleAndConcurrency = { instanceMemoryMB: 2048, maximumInstanceCount: 40, triggers: { http: { perInstanceConcurrency: 1 } } }
  const functionAppConfig = { deployment: { storage }, runtime: { name: 'node' as const, version: '22' }, scaleAndConcurrency }
  return { location: 'West Europe', kind: 'functionapp,linux', serverFarmId: id, functionAppConfig, ...changes }
}
const makeIt = async (body: Site, name = 'app'): Promise<Site> => client.webApps.createOrUpdate(resourceGroup, name, body, fast)
const scaled = async (scale: object): Promise<Site> => {
  const { functionAppConfig, ...rest } = await site()
  return {
    ...rest,
    functionAppConfig: { ...functionAppConfig, scaleAndConcurrency: { ...functionAppConfig?.scaleAndConcurrency, ...scale } },
  }
}

test.each(['location', 'azure-asyncoperation'] as const)('plan and site are made and followed by %s', async (polling) => {
  await using other = await startAzureBed({ polling })
  const { host, scm } = await makeSite(other, { tags: { 'netfair-run': 'r1' } })
  const { webApps, appServicePlans } = clientOf(other)
  expect(host).not.toBe(scm)
  expect(await webApps.get(other.account.resourceGroup, 'NETFAIR-APP')).toMatchObject({
    name: 'netfair-app',
    location: 'West Europe',
    tags: { 'netfair-run': 'r1' },
    functionAppConfig: { scaleAndConcurrency: { instanceMemoryMB: 512, triggers: { http: { perInstanceConcurrency: 1 } } } },
  })
  expect(await appServicePlans.get(other.account.resourceGroup, 'netfair-app-plan')).toMatchObject({
    numberOfSites: 1,
    sku: { name: 'FC1' },
  })
  expect(other.remains()).toEqual(['Microsoft.Web/sites/netfair-app', 'Microsoft.Web/serverfarms/netfair-app-plan'])
  expect(other.requests.some(({ operation }) => operation === 'Operations_Get')).toBe(true)
})

test('what takes no time is answered at once', async () => {
  await using other = await startAzureBed({ operationMs: 0 })
  await makeSite(other)
  expect(other.requests.map(({ operation }) => operation)).not.toContain('Operations_Get')
})

test('lists come in pages, of a group and of the subscription', async () => {
  for (const name of ['one', 'two', 'three']) await makePlan(name)
  const names = async (list: AsyncIterable<AppServicePlan>): Promise<string[]> => (await all(list)).map(({ name = '' }) => name)
  const before = bed.requests.length
  expect(await names(client.appServicePlans.listByResourceGroup(resourceGroup))).toEqual(['one', 'two', 'three'])
  expect(await names(client.appServicePlans.list())).toEqual(['one', 'two', 'three'])
  expect(bed.requests.length - before).toBe(4)
})

test('a plan with an app stays; the last app takes its plan along unless told not to', async () => {
  await makeIt(await site())
  await expect(client.appServicePlans.delete(resourceGroup, 'plan')).rejects.toMatchObject({ statusCode: 409 })
  await client.webApps.delete(resourceGroup, 'app', { deleteEmptyServerFarm: false })
  expect(bed.remains()).toEqual(['Microsoft.Web/serverfarms/plan'])
  await makeIt(await site())
  await client.webApps.delete(resourceGroup, 'app')
  expect(bed.remains()).toEqual([])
  await expect(client.webApps.get(resourceGroup, 'app')).rejects.toMatchObject({ statusCode: 404, code: 'ResourceNotFound' })
  await client.webApps.delete(resourceGroup, 'app')
})

test('nothing is changed while an operation is in progress', async () => {
  const body = await site()
  bed.faults.next('WebApps_CreateOrUpdate', 'slow-operation', { delayMs: 200 })
  const making = makeIt(body)
  await expect.poll(() => bed.remains()).toContain('Microsoft.Web/sites/app')
  await expect(client.webApps.delete(resourceGroup, 'app')).rejects.toMatchObject({ statusCode: 409 })
  await making
})

test('settings are put as a whole and told only when asked for; tags are patched', async () => {
  await makeIt(await site({ siteConfig: { appSettings: [{ name: 'A', value: '1' }] }, tags: { t: '1' } }))
  expect(await client.webApps.listApplicationSettings(resourceGroup, 'app')).toMatchObject({ properties: { A: '1' } })
  await client.webApps.updateApplicationSettings(resourceGroup, 'app', { properties: { B: '2' } })
  expect((await client.webApps.listApplicationSettings(resourceGroup, 'app')).properties).toEqual({ B: '2' })
  await expect(
    client.webApps.updateApplicationSettings(resourceGroup, 'app', { properties: { FUNCTIONS_WORKER_RUNTIME: 'node' } }),
  ).rejects.toThrow()
  const told = await client.webApps.get(resourceGroup, 'app')
  expect(told.siteConfig?.appSettings).toBeNull()
  const url = `${bed.environment['NETFAIR_AZURE_ENDPOINT']}${told.id}?api-version=2025-05-01`
  const headers = { authorization: `Bearer ${await tokenOf(bed)}`, 'content-type': 'application/json' }
  await fetchFrom(bed, url, { method: 'PATCH', headers, body: JSON.stringify({ tags: { t: '2' } }) })
  expect((await client.webApps.get(resourceGroup, 'app')).tags).toEqual({ t: '2' })
  expect(await client.webApps.getConfiguration(resourceGroup, 'app')).toMatchObject({ minTlsVersion: '1.2' })
})

describe('refused before anything is made:', () => {
  test.each([
    ['memory that is not offered', { instanceMemoryMB: 1024 }],
    ['too many instances', { maximumInstanceCount: 1001 }],
    ['too few instances', { maximumInstanceCount: 39 }],
    ['no concurrency', { triggers: { http: { perInstanceConcurrency: 0 } } }],
  ])('%s', async (_what, scale) => {
    await expect(makeIt(await scaled(scale))).rejects.toMatchObject({ statusCode: 400 })
    expect(bed.remains()).toEqual(['Microsoft.Web/serverfarms/plan'])
  })

  test.each<[string, (body: Site) => Site]>([
    ['no plan', (body) => ({ ...body, serverFarmId: 'nothing' })],
    ['no configuration', ({ functionAppConfig: _, ...body }) => body],
    [
      'another runtime',
      (body) => ({ ...body, functionAppConfig: { ...body.functionAppConfig, runtime: { name: 'node', version: '16' } } }),
    ],
    ['no container', (body) => ({ ...body, functionAppConfig: { ...body.functionAppConfig, deployment: {} } })],
    [
      'a setting of the platform',
      (body) => ({ ...body, siteConfig: { appSettings: [{ name: 'FUNCTIONS_WORKER_RUNTIME', value: 'node' }] } }),
    ],
    ['a setting of another form', (body) => ({ ...body, siteConfig: { appSettings: [{ name: 'A-B', value: '1' }] } })],
    ['a long tag', (body) => ({ ...body, tags: { t: 'x'.repeat(257) } })],
    ['another region than its plan', (body) => ({ ...body, location: 'eastus' })],
  ])('a site with %s', async (_what, change) => {
    const body = change(await site())
    await expect(makeIt(body)).rejects.toMatchObject({ statusCode: expect.toSatisfy((status: number) => status === 400 || status === 404) })
    expect(bed.remains()).toEqual(['Microsoft.Web/serverfarms/plan'])
  })

  test.each(['a', '-app', 'under_score', 'x'.repeat(61)])('a site called %s', async (name) => {
    await expect(makeIt(await site(), name)).rejects.toMatchObject({ statusCode: 400 })
  })

  test('a name that somebody has', async () => {
    const error = makeIt(await site(), 'Contoso')
    await expect(error).rejects.toMatchObject({ statusCode: 409 })
    expect(await client.checkNameAvailability('contoso', 'Site')).toMatchObject({ nameAvailable: false })
  })

  test('two apps on one plan', async () => {
    await makeIt(await site())
    await expect(makeIt(await site(), 'another')).rejects.toMatchObject({ statusCode: 409 })
  })

  test('a plan elsewhere, of another kind, or one too many', async () => {
    await expect(makePlan('p', { location: 'atlantis' })).rejects.toMatchObject({ code: 'LocationNotAvailableForResourceType' })
    await expect(makePlan('p', { location: 'jioindiacentral' })).rejects.toMatchObject({ statusCode: 400 })
    await expect(makePlan('p', { sku: { name: 'Y1' } })).rejects.toMatchObject({ statusCode: 400 })
    await expect(makePlan('p', { reserved: false })).rejects.toMatchObject({ statusCode: 400 })
    expect(bed.remains()).toEqual([])
    for (const name of ['p1', 'p2', 'p3', 'p4']) await makePlan(name)
    await expect(makePlan('p5')).rejects.toMatchObject({ statusCode: 409, code: 'QuotaExceeded' })
  })
})

test('regions, quota and storage can be asked for', async () => {
  const regions = await all(client.listGeoRegions({ sku: 'FlexConsumption' }))
  expect(regions.map(({ name }) => name)).toContain('West Europe')
  expect(regions.map(({ name }) => name)).not.toContain('Jio India Central')
  expect(await all(client.getUsagesInLocation.list('westeurope'))).toMatchObject([{ limit: 250, currentValue: 0 }])
  const headers = { authorization: `Bearer ${await tokenOf(bed)}` }
  const ask = async (rest: string, method = 'GET') => {
    const group = `${bed.environment['NETFAIR_AZURE_ENDPOINT']}/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`
    const url = `${group}/providers/Microsoft.Storage/storageAccounts/${rest}?api-version=2023-05-01`
    const { status, text } = await fetchFrom(bed, url, { method, headers })
    return { status, body: JSON.parse(text) as unknown }
  }
  expect(await ask(storageAccount)).toMatchObject({ status: 200, body: { properties: { allowSharedKeyAccess: true } } })
  expect(await ask(`${storageAccount}/listKeys`, 'POST')).toMatchObject({ body: { keys: [{ value: bed.account.storageKeys[0] }, {}] } })
  expect(await ask(`${storageAccount}/blobServices/default/containers/${containers[0]}`)).toMatchObject({ status: 200 })
  expect(await ask(`${storageAccount}/blobServices/default/containers/none`)).toMatchObject({ status: 404 })
  expect(await ask('unknown')).toMatchObject({ status: 404, body: { error: { code: 'ResourceNotFound' } } })
})
