import { status } from '@grpc/grpc-js'
import { afterAll, describe, expect, test } from 'vitest'
import { startGcpBed } from '../gcp.ts'
import { BareClient } from './bare-client.ts'

const bed = await startGcpBed()
const client = new BareClient(bed)
afterAll(async () => {
  await client[Symbol.asyncDispose]()
  await bed[Symbol.asyncDispose]()
})

describe('a function', () => {
  test('is made by an operation that shows its stages', async () => {
    const id = client.fresh('made')
    const operation = await client.create(id, {
      labels: { 'netfair-run': 'r1' },
      serviceConfig: { environmentVariables: { GREETING: 'hello' } },
    })
    const [deploying] = await client.functions.getFunction({ name: client.name(id) })
    expect(deploying).toMatchObject({ state: 'DEPLOYING', labels: { 'netfair-run': 'r1' }, serviceConfig: { uri: '' } })
    const [made] = await operation.promise()
    // As in the cloud, an operation's result has enums as numbers.
    expect(made).toMatchObject({
      state: 1,
      environment: 2,
      serviceConfig: { availableCpu: '0.1666', timeoutSeconds: 60, maxInstanceRequestConcurrency: 1 },
    })
    expect(operation.metadata).toMatchObject({
      verb: 'create',
      target: client.name(id),
      stages: [{ state: 3 }, { state: 3 }, { state: 3 }],
    })
    const [found] = await client.functions.getFunction({ name: client.name(id) })
    expect(found).toMatchObject({
      state: 'ACTIVE',
      environment: 'GEN_2',
      serviceConfig: { uri: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+\/made-/) },
    })
    const answer = await client.invoke(found.serviceConfig?.uri ?? '')
    expect(JSON.parse(answer.body)).toMatchObject({
      environment: { GREETING: 'hello', K_SERVICE: id, PORT: '8080', FUNCTION_TARGET: 'main' },
    })
    expect(bed.remains()).toContain(client.name(id))
  })

  test('is changed by a mask, in a new revision, and keeps the rest', async () => {
    const id = client.fresh('changed')
    const uri = await client.deploy(id, { labels: { a: '1' } })
    const before = JSON.parse((await client.invoke(uri)).body)
    const changed = { name: client.name(id), labels: { a: '2' }, serviceConfig: { availableMemory: '512M', availableCpu: '0.5' } }
    const paths = ['labels', 'service_config.available_memory', 'service_config.available_cpu']
    const [operation] = await client.functions.updateFunction({ function: changed, updateMask: { paths } })
    const [updated] = await operation.promise()
    expect(updated).toMatchObject({ labels: { a: '2' }, serviceConfig: { availableMemory: '512M', maxInstanceCount: 2, uri } })
    const after = JSON.parse((await client.invoke(uri)).body)
    expect(after.environment.K_REVISION).toMatch(/^changed-\d+-00002-/)
    expect(after.pid).not.toBe(before.pid)
    await expect.poll(() => isAlive(before.pid), { timeout: 20_000 }).toBe(false)
  })

  test('takes one operation at a time', async () => {
    const id = client.fresh('busy')
    const operation = await client.create(id)
    await expect(client.remove(id)).rejects.toMatchObject({ code: status.ABORTED, details: 'unable to queue the operation' })
    await operation.promise()
    await client.remove(id)
    await expect(client.remove(id)).rejects.toMatchObject({ code: status.NOT_FOUND })
    expect(bed.instances().filter((instance) => instance.startsWith(`${id}-`))).toEqual([])
  })

  test('whose build fails stays, failed, until it is deleted', async () => {
    const id = client.fresh('broken')
    const source = await client.upload({ 'index.mjs': 'export const main = (' })
    const operation = await client.create(id, {}, source)
    await expect(operation.promise()).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      message: expect.stringContaining('Build failed'),
    })
    const [found] = await client.functions.getFunction({ name: client.name(id) })
    expect(found).toMatchObject({ state: 'FAILED', stateMessages: [{ severity: 'ERROR' }] })
    await expect(client.create(id, {}, source)).rejects.toMatchObject({ code: status.ALREADY_EXISTS })
    await client.remove(id)
    expect(bed.remains()).not.toContain(client.name(id))
  })

  test.each([
    ['without the entry point', { 'index.mjs': 'export const other = () => {}' }, 'Container Healthcheck failed'],
    ['without a program', { 'package.json': '{"main":"no.mjs"}', 'index.mjs': '' }, 'does not exist'],
    ['with a package that is not to be had', { 'package.json': '{"main":"index.mjs","dependencies":{"no-such-package":"1"}}' }, '404'],
  ])('%s is not deployed', async (_, files, message) => {
    const id = client.fresh('wrong')
    const operation = await client.create(id, {}, await client.upload(files))
    await expect(operation.promise()).rejects.toThrow(message)
    await client.remove(id)
  })

  test('is not deployed from a source that was not uploaded', async () => {
    const id = client.fresh('sourceless')
    const [{ storageSource }] = await client.functions.generateUploadUrl({ parent: client.parent })
    const operation = await client.create(id, {}, storageSource ?? {})
    await expect(operation.promise()).rejects.toThrow('Failed to retrieve function source code')
    await client.remove(id)
  })
})

describe('a list', () => {
  test('has pages and a filter, for one location or all', async () => {
    const source = await client.upload()
    const ids = ['a', 'b', 'c'].map((stem) => client.fresh(stem))
    const made = await Promise.all(ids.map((id, index) => client.create(id, { labels: { list: String(index) } }, source)))
    await Promise.all(made.map((operation) => operation.promise()))
    const everywhere = `projects/${bed.projectId}/locations/-`
    const names = async (filter: string, pageSize = 2): Promise<(string | null | undefined)[]> => {
      const [functions] = await client.functions.listFunctions({ parent: everywhere, filter, pageSize })
      return functions.map(({ name }) => name?.split('/').at(-1))
    }
    expect(await names('labels.list:*')).toEqual(ids)
    expect(await names('labels.list="1" AND state="ACTIVE"')).toEqual([ids[1]])
    const [elsewhere] = await client.functions.listFunctions({ parent: `projects/${bed.projectId}/locations/us-central1` })
    expect(elsewhere).toEqual([])
    const [page, next, raw] = await client.functions.listFunctions({ parent: client.parent, pageSize: 1 }, { autoPaginate: false })
    expect([page.length, next?.pageToken, raw?.nextPageToken]).toEqual([1, expect.any(String), expect.any(String)])
  })
})

describe('what is refused before anything is made', () => {
  const source = { bucket: 'b', object: 'o' }
  test.each([
    ['a name', 'Upper', {}, 'Function name must match'],
    ['a label key', 'f', { labels: { Run: 'x' } }, 'Invalid label key'],
    ['a label value', 'f', { labels: { run: 'a.b' } }, 'Invalid label value'],
    ['an unknown runtime', 'f', { buildConfig: { runtime: 'nodejs99' } }, 'Runtime "nodejs99"'],
    ['a decommissioned runtime', 'f', { buildConfig: { runtime: 'nodejs18' } }, 'decommissioned'],
    ['a reserved variable', 'f', { serviceConfig: { environmentVariables: { K_SERVICE: 'x' } } }, 'reserved'],
    ['a long timeout', 'f', { serviceConfig: { timeoutSeconds: 3601 } }, 'Invalid timeout'],
    ['too little CPU for its memory', 'f', { serviceConfig: { availableMemory: '2Gi', availableCpu: '0.5' } }, 'needs at least 1 CPU'],
    ['concurrency below 1 vCPU', 'f', { serviceConfig: { maxInstanceRequestConcurrency: 2 } }, 'Total cpu < 1'],
    ['too many instances', 'f', { serviceConfig: { availableMemory: '4Gi', maxInstanceCount: 501 } }, 'must be set to 500 or fewer'],
    ['a connector that is not there', 'f', { serviceConfig: { vpcConnector: 'projects/p/locations/l/connectors/c' } }, 'VPC connector'],
  ])('%s', async (_, id, changes, message) => {
    await expect(client.create(id, changes, source)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining(message),
    })
    expect(bed.remains()).not.toContain(client.name(id))
  })

  test('another account, project or location', async () => {
    const serviceConfig = { serviceAccountEmail: 'someone@else.iam.gserviceaccount.com' }
    await expect(client.create('f', { serviceConfig }, source)).rejects.toMatchObject({
      code: status.PERMISSION_DENIED,
      reason: 'IAM_PERMISSION_DENIED',
      details: expect.stringContaining('actAs'),
    })
    const at = (parent: string): Promise<unknown> => client.functions.generateUploadUrl({ parent })
    await expect(at('projects/another/locations/europe-west1')).rejects.toMatchObject({ code: status.PERMISSION_DENIED })
    await expect(at(`projects/${bed.projectId}/locations/eu-west-1`)).rejects.toThrow(
      "Permission denied on 'locations/eu-west-1' (or it may not exist).",
    )
  })

  test('a mask with a field that is not there', async () => {
    const id = client.fresh('masked')
    await client.deploy(id)
    const update = client.functions.updateFunction({
      function: { name: client.name(id) },
      updateMask: { paths: ['service_config.no_such'] },
    })
    await expect(update).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
  })
})

test('locations and runtimes are listed; operations are got and listed, and nothing else', async () => {
  const locations: (string | null | undefined)[] = []
  for await (const { locationId } of client.functions.listLocationsAsync({ name: `projects/${bed.projectId}` })) locations.push(locationId)
  expect(locations).toEqual(['europe-west1', 'us-central1'])
  const [{ runtimes }] = await client.functions.listRuntimes({ parent: client.parent, filter: 'environment="GEN_2"' })
  expect(runtimes?.map(({ name }) => name)).toContain('nodejs24')
  await client.deploy(client.fresh('operated'))
  const operations: string[] = []
  for await (const { name } of client.functions.operationsClient.listOperationsAsync({ name: client.parent, filter: '' } as never))
    operations.push(name ?? '')
  expect(operations.length).toBeGreaterThan(0)
  const cancelled = client.functions.operationsClient.cancelOperation({ name: operations[0] ?? '' } as never)
  await expect(cancelled).rejects.toMatchObject({ code: status.UNIMPLEMENTED })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
