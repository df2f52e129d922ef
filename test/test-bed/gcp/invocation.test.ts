import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { startGcpBed } from '../gcp.ts'
import { archive, BareClient } from './bare-client.ts'

const bed = await startGcpBed({ queueMs: 100 })
const client = new BareClient(bed)
const uri = await client.deploy('echo')
afterEach(() => bed.faults.clear())
afterAll(async () => {
  await client[Symbol.asyncDispose]()
  await bed[Symbol.asyncDispose]()
})

const directory = mkdtempSync(join(tmpdir(), 'netfair-gcp-gates-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
let gates = 0

/** Where requests wait until it is opened. */
function newGate(): { readonly path: string; open(): void } {
  gates += 1
  const file = join(directory, String(gates))
  return { path: `/until?file=${encodeURIComponent(file)}`, open: () => writeFileSync(file, '') }
}

const pidOf = ({ body }: { readonly body: string }): number => JSON.parse(body).pid

describe('a request', () => {
  test('reaches the real functions framework as it was sent, without the signature of its token', async () => {
    const answer = await client.invoke(uri, '/some/path?a=b', '{"task":1}')
    const { headers, ...rest } = JSON.parse(answer.body)
    expect(rest).toMatchObject({ path: '/some/path', body: { task: 1 } })
    expect(headers.authorization).toMatch(/\.SIGNATURE_REMOVED_BY_GOOGLE$/)
    expect(headers['x-forwarded-proto']).toBe('https')
  })

  test.each([
    ['no token', 403, undefined],
    ['a token that is none', 401, 'Bearer nonsense'],
    ['a token for another audience', 401, 'other'],
  ])('with %s is refused with %i', async (_, wanted, token) => {
    const authorization = token === 'other' ? `Bearer ${await client.auth.fetchIdToken(`${uri}x`)}` : token
    const { status } = await client.send(uri, { ...(authorization !== undefined && { headers: { authorization } }) })
    expect(status).toBe(wanted)
  })

  test('for no function is not found', async () => {
    expect((await client.invoke(`${uri}x`)).status).toBe(404)
  })

  test('of more than 32 MiB is refused', async () => {
    const { status } = await client.invoke(uri, '/', 'x'.repeat(32 * 2 ** 20 + 1))
    expect(status).toBe(413)
  })
})

describe('instances', () => {
  test('take one request each; a third waits for one that is free, or is refused', async () => {
    const gate = newGate()
    const before = bed.bills.length
    const long = [1, 2].map(() => client.invoke(uri, gate.path))
    await expect.poll(() => bed.instances().length, { timeout: 20_000 }).toBe(2)
    const refused = await client.invoke(uri)
    expect([refused.status, refused.body]).toEqual([429, 'Rate exceeded.'])
    gate.open()
    const pids = (await Promise.all(long)).map(pidOf)
    expect(new Set(pids).size).toBe(2)
    expect(pids).toContain(pidOf(await client.invoke(uri)))
    expect(bed.bills.slice(before)).toMatchObject([{ status: 200 }, { status: 200 }, { status: 200, memoryMb: 256, vcpus: 0.1666 }])
  })

  test('take as many requests as they may', async () => {
    const shared = await client.deploy(client.fresh('shared'), {
      serviceConfig: { availableMemory: '2Gi', maxInstanceCount: 1, maxInstanceRequestConcurrency: 3 },
    })
    const answers = await Promise.all([1, 2, 3].map(() => client.invoke(shared, '/sleep?ms=300')))
    expect(new Set(answers.map(pidOf)).size).toBe(1)
  })

  test('start late where they are told to', async () => {
    const late = await client.deploy(client.fresh('late'))
    const gate = newGate()
    const first = client.invoke(late, gate.path)
    bed.faults.add({ kind: 'cold-start', ms: 400 })
    const begun = performance.now()
    // One of both has the instance that is there, and waits at the gate; the other gets one of its own.
    const second = client.invoke(late, gate.path)
    await expect.poll(() => bed.instances().filter((id) => id.startsWith('late')).length, { timeout: 20_000 }).toBe(2)
    expect(performance.now() - begun).toBeGreaterThan(395)
    gate.open()
    await Promise.all([first, second])
    expect(bed.bills.slice(-2).every(({ coldStartMs = 0 }) => coldStartMs > 0)).toBe(true)
  })
})

describe('what goes wrong', () => {
  test('an exception is a 500 of the framework, and the instance lives', async () => {
    const { pid } = JSON.parse((await client.invoke(uri)).body)
    expect((await client.invoke(uri, '/throw')).status).toBe(500)
    expect(bed.instances().length).toBeGreaterThan(0)
    expect(pid).toBeGreaterThan(0)
  })

  test('an instance that dies is a 503, and the next request gets another', async () => {
    expect((await client.invoke(uri, '/crash')).status).toBe(503)
    bed.faults.add({ kind: 'crash', afterMs: 50 })
    expect((await client.invoke(uri, '/sleep?ms=5000')).status).toBe(503)
    expect((await client.invoke(uri)).status).toBe(200)
    expect(bed.bills.at(-2)).toMatchObject({ status: 503 })
  })

  test('a request over its time is a 504; its instance goes on', async () => {
    const brief = await client.deploy(client.fresh('brief'), { serviceConfig: { timeoutSeconds: 1, maxInstanceCount: 1 } })
    const pid = pidOf(await client.invoke(brief))
    const answer = await client.invoke(brief, '/sleep?ms=20000')
    expect([answer.status, answer.body]).toEqual([504, 'upstream request timeout'])
    expect(pidOf(await client.invoke(brief))).toBe(pid)
    bed.faults.add({ kind: 'timeout', afterMs: 50 })
    expect((await client.invoke(brief, '/sleep?ms=20000')).status).toBe(504)
  })

  test.each([
    ['throttled', 429],
    ['unavailable', 503],
    ['internal', 500],
    ['permission-denied', 403],
    ['expired-token', 401],
  ] as const)('%s: %i, once', async (as, wanted) => {
    bed.faults.add({ kind: 'refuse', at: 'invoke', as })
    expect((await client.invoke(uri)).status).toBe(wanted)
    expect((await client.invoke(uri)).status).toBe(200)
  })
})

describe('the 1st generation', () => {
  test('is made, called and removed by its own API', async () => {
    const [{ uploadUrl }] = await client.gen1.generateUploadUrl({ parent: client.parent })
    const headers = { 'content-type': 'application/zip', 'x-goog-content-length-range': '0,104857600' }
    expect((await client.send(uploadUrl ?? '', { method: 'PUT', headers, body: archive() })).status).toBe(200)
    const name = client.name(client.fresh('first'))
    const wanted = {
      name,
      runtime: 'nodejs24',
      entryPoint: 'main',
      sourceUploadUrl: uploadUrl ?? '',
      httpsTrigger: {},
      availableMemoryMb: 256,
    }
    const [creation] = await client.gen1.createFunction({ location: client.parent, function: wanted })
    expect((await creation.promise())[0]).toMatchObject({ status: 1, versionId: expect.anything(), timeout: { nanos: 0 } })
    const [found] = await client.gen1.getFunction({ name })
    expect(found).toMatchObject({ status: 'ACTIVE', availableMemoryMb: 256 })
    expect(found.sourceUploadUrl).toBeFalsy()
    const [{ result, executionId }] = await client.gen1.callFunction({ name, data: '{"task":2}' })
    expect([JSON.parse(result ?? '').body, executionId]).toEqual([{ task: 2 }, expect.any(String)])
    expect((await client.invoke(found.httpsTrigger?.url ?? '')).status).toBe(200)
    bed.faults.add({ kind: 'crash' })
    expect((await client.gen1.callFunction({ name, data: '{}' }))[0].error).toContain('function terminated')
    const paths = ['available_memory_mb', 'labels']
    const [change] = await client.gen1.updateFunction({
      function: { name, availableMemoryMb: 512, labels: { a: 'b' } },
      updateMask: { paths },
    })
    expect((await change.promise())[0]).toMatchObject({ availableMemoryMb: 512, labels: { a: 'b' }, runtime: 'nodejs24' })
    const [listed] = await client.gen1.listFunctions({ parent: client.parent })
    expect(listed.map((one) => one.name)).toEqual([name])
    const [removal] = await client.gen1.deleteFunction({ name })
    await removal.promise()
    await expect(client.gen1.getFunction({ name })).rejects.toMatchObject({ code: 5 })
  })
})
