import { afterEach, describe, expect, test } from 'vitest'
import { type FaultProxy, startFaultProxy } from '../test-bed/storage/fault-proxy.ts'
import { startGcs } from '../test-bed/storage/gcs.ts'
import { startS3 } from '../test-bed/storage/s3.ts'
import type { StorageServer } from '../test-bed/storage/storage-server.ts'
import { type Finished, startIn } from './netfair.ts'

const started: AsyncDisposable[] = []

afterEach(async () => {
  for (const each of started.splice(0).reverse()) await each[Symbol.asyncDispose]()
})

async function begun<Started extends AsyncDisposable>(starting: Promise<Started>): Promise<Started> {
  const it = await starting
  started.push(it)
  return it
}

const begin = ({ environment }: StorageServer, ...args: string[]) => startIn({ PATH: process.env['PATH'], ...environment }, 'data', ...args)

/** What it said, once it is known that no secret is in it. */
async function said({ secrets }: StorageServer, finishing: Promise<Finished>): Promise<Finished> {
  const finished = await finishing
  for (const secret of secrets) expect(finished.stdout + finished.stderr).not.toContain(secret)
  return finished
}

describe.each([
  ['s3', startS3, 's3://netfair-test/team/set'],
  ['gcs', startGcs, 'gs://netfair-test/team/set/'],
] as const)('data prepare and remove: %s', (_, start, address) => {
  test('once, not twice, and away', async () => {
    const server = await begun(start())
    const place = ['--store', address, '--endpoint', server.endpoint]
    const prepare = () => said(server, begin(server, 'prepare', ...place, '--chunk', '50kB,0.1MB', '--count', '2', '--seed', '3').finished)
    const first = await prepare()
    expect(first).toMatchObject({ code: 0, stdout: `Uploaded 4 objects, 0.3 MB: ${address} has 4 objects, 0.3 MB, seed 3.\n` })
    expect(first.stderr).toContain('Uploading 4 objects, 0.3 MB.\nCost: no price is known of this store.\n')
    expect(server.requests.some(({ path }) => decodeURIComponent(path).includes('team/set/'))).toBe(true)
    expect(await prepare()).toMatchObject({
      code: 0,
      stdout: `Nothing was uploaded: ${address} has 4 objects, 0.3 MB, seed 3.\n`,
      stderr: '',
    })
    const remove = () => said(server, begin(server, 'remove', ...place).finished)
    expect(await remove()).toMatchObject({ code: 0, stdout: `Removed 4 objects: ${address}.\n` })
    expect(await remove()).toMatchObject({ code: 0, stdout: `Nothing was there: ${address}.\n` })
  })
})

test('killed in the middle, it goes on where it was; a signal ends it in order', async () => {
  const server = await begun(startS3())
  const proxy: FaultProxy = await begun(startFaultProxy(server))
  const args = ['prepare', '--store', 's3://netfair-test', '--endpoint', proxy.endpoint, '--chunk', '100kB', '--count', '8']
  // The sixth upload hangs: by then some are complete.
  proxy.add({ method: 'PUT', path: /\/100000\/5$/, times: 2, fault: { kind: 'slow-first-byte', ms: 30_000 } })
  const killed = begin(server, ...args)
  await killed.saying('7/8 objects')
  killed.child.kill('SIGKILL')
  expect(await said(server, killed.finished)).toMatchObject({ signal: 'SIGKILL' })
  const stopped = begin(server, ...args)
  await stopped.saying('7 objects are there. Uploading 1 objects')
  await expect.poll(() => proxy.requests.filter(({ fault }) => fault !== undefined).length).toBe(2)
  stopped.child.kill('SIGTERM')
  expect(await said(server, stopped.finished)).toMatchObject({ code: 143 })
  expect(await said(server, begin(server, ...args).finished)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Uploaded 1 objects'),
  })
})

describe('refusals', () => {
  test('of what cannot be meant', async () => {
    const args = ['--store', 's3://netfair-test', '--region', 'eu-west-1', '--chunk', '10 apples']
    const { code, stdout, stderr } = await startIn({ PATH: process.env['PATH'] }, 'data', 'prepare', ...args).finished
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('A size is a number with a unit')
  })

  test('a bucket that is not there, and a store that does not answer', async () => {
    const server = await begun(startS3())
    const prepare = (...args: string[]) => said(server, begin(server, 'prepare', '--chunk', '1kB', ...args).finished)
    const absent = await prepare('--store', 's3://not-there', '--endpoint', server.endpoint)
    expect(absent.code).toBe(2)
    expect(absent.stderr).toContain('The bucket not-there (s3, us-east-1) does not exist. [BUCKET_MISSING]')
    const silent = await prepare('--store', 's3://not-there', '--endpoint', 'http://127.0.0.1:9')
    expect(silent.code).toBe(3)
    expect(silent.stderr).toContain('STORE_UNREACHABLE')
  })
})
