import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { status } from '@grpc/grpc-js'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { startGcpBed } from '../gcp.ts'
import { BareClient } from './bare-client.ts'

const bed = await startGcpBed()
const client = new BareClient(bed)
afterEach(() => bed.faults.clear())
afterAll(async () => {
  await client[Symbol.asyncDispose]()
  await bed[Symbol.asyncDispose]()
})

describe('the API refuses', () => {
  test.each([
    ['not-found', 'NOT_FOUND', undefined],
    ['conflict', 'ABORTED', undefined],
    ['throttled', 'RESOURCE_EXHAUSTED', 'RATE_LIMIT_EXCEEDED'],
    ['quota', 'RESOURCE_EXHAUSTED', 'QUOTA_EXCEEDED'],
    ['permission-denied', 'PERMISSION_DENIED', 'IAM_PERMISSION_DENIED'],
    ['service-disabled', 'PERMISSION_DENIED', 'SERVICE_DISABLED'],
    ['expired-token', 'UNAUTHENTICATED', 'ACCESS_TOKEN_EXPIRED'],
    ['internal', 'INTERNAL', undefined],
  ] as const)('%s: %s, as often as it is told', async (as, code, reason) => {
    bed.faults.add({ kind: 'refuse', at: 'GenerateUploadUrl', as })
    const refused = client.functions.generateUploadUrl({ parent: client.parent })
    await expect(refused).rejects.toMatchObject({ code: status[code], ...(reason !== undefined && { reason }) })
    await expect(client.functions.generateUploadUrl({ parent: client.parent })).resolves.toBeDefined()
  })

  test('unavailable, to a client that does not ask again', async () => {
    bed.faults.add({ kind: 'refuse', at: 'ListFunctions', as: 'unavailable' })
    const refused = client.functions.listFunctions({ parent: client.parent }, { retry: null } as never)
    await expect(refused).rejects.toMatchObject({ code: status.UNAVAILABLE })
  })

  test('more functions than there may be', async () => {
    await using small = await startGcpBed({ maxFunctions: 0 })
    await using caller = new BareClient(small)
    const refused = caller.create('f', {}, { bucket: 'b', object: 'o' })
    await expect(refused).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED, reason: 'QUOTA_EXCEEDED' })
  })
})

describe('operations', () => {
  test.each(['BUILD', 'SERVICE'] as const)('fail at %s', async (stage) => {
    const id = client.fresh('failing')
    bed.faults.add({ kind: 'deploy-failed', stage, message: 'planned' })
    await expect((await client.create(id)).promise()).rejects.toThrow('planned')
    expect(bed.remains()).toContain(client.name(id))
    await client.remove(id)
  })

  test('of an update that fails leave what ran before', async () => {
    const id = client.fresh('updated')
    const uri = await client.deploy(id)
    bed.faults.add({ kind: 'deploy-failed', stage: 'SERVICE' })
    const changed = { name: client.name(id), labels: { a: 'b' } }
    const [operation] = await client.functions.updateFunction({ function: changed, updateMask: { paths: ['labels'] } })
    await expect(operation.promise()).rejects.toThrow('Container Healthcheck failed')
    expect((await client.functions.getFunction({ name: client.name(id) }))[0].state).toBe('UNKNOWN')
    expect((await client.invoke(uri)).status).toBe(200)
  })

  test('are slow, and deletions fail', async () => {
    const id = client.fresh('slow')
    bed.faults.add({ kind: 'slow-operation', ms: 500 })
    const begun = performance.now()
    await client.deploy(id)
    expect(performance.now() - begun).toBeGreaterThan(500)
    bed.faults.add({ kind: 'delete-failed' })
    await expect(client.remove(id)).rejects.toThrow('Could not delete')
    await client.remove(id)
  })
})

describe('a request hangs', () => {
  test('before it has an effect, or after it', async () => {
    const source = await client.upload()
    const [before, after] = [client.fresh('before'), client.fresh('after')]
    const first = bed.faults.hang('CreateFunction')
    const unheard = client.create(before, {}, source)
    await first.arrived
    expect(bed.remains()).not.toContain(client.name(before))
    const second = bed.faults.hang('CreateFunction', { when: 'after' })
    const unanswered = client.create(after, {}, source)
    await second.arrived
    expect(bed.remains()).toContain(client.name(after))
    first.release()
    second.release()
    for (const operation of await Promise.all([unheard, unanswered])) await operation.promise()
  })

  test('the nth of all, as the log has them', async () => {
    const from = bed.requests.length
    const hang = bed.faults.hang('*', { nth: 3 })
    const created = client.create(client.fresh('third'))
    await hang.arrived
    expect(bed.requests.slice(from).map(({ operation }) => operation)).toEqual(['GenerateUploadUrl', 'upload', 'CreateFunction'])
    hang.release()
    await (await created).promise()
  })
})

test('nothing of it is left running', async () => {
  const instances: number[] = []
  {
    await using short = await startGcpBed()
    await using caller = new BareClient(short)
    instances.push(JSON.parse((await caller.invoke(await caller.deploy('short'))).body).pid)
    await caller.create('unfinished')
  }
  expect(instances.map((pid) => isAlive(pid))).toEqual([false])
})

test('instances end with a bed that is killed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'netfair-gcp-killed-'))
  try {
    const program = fileURLToPath(new URL('fixtures/killed-bed.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [program], { env: { ...process.env, TMPDIR: directory } }).catch(
      (error) => error,
    )
    expect(Number(stdout)).toBeGreaterThan(0)
    await expect.poll(() => isAlive(Number(stdout)), { timeout: 20_000 }).toBe(false)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
