import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { startIn } from '../cli/netfair.ts'
import { startGcs } from '../test-bed/storage/gcs.ts'
import { startS3 } from '../test-bed/storage/s3.ts'

const MB = 2 ** 20

/** Most resident memory that a process has had, in bytes; 0 where it has ended. */
async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0)
}

test.each([
  ['s3', startS3, 's3://netfair-test'],
  ['gcs', startGcs, 'gs://netfair-test'],
] as const)('an object of 200 MB needs hardly more memory than one of 10 MB: %s', async (_, start, store) => {
  await using server = await start()
  const peak = async (chunk: string, done: string): Promise<number> => {
    const { child, finished } = startIn(
      { PATH: process.env['PATH'], ...server.environment },
      ...['data', 'prepare', '--store', store, '--endpoint', server.endpoint, '--chunk', chunk, '--count', '1'],
    )
    let most = 0
    const watch = setInterval(() => {
      peakOf(child.pid).then(
        (bytes) => {
          most = Math.max(most, bytes)
        },
        () => undefined,
      )
    }, 20)
    expect(await finished.finally(() => clearInterval(watch))).toMatchObject({ code: 0, stdout: expect.stringContaining(done) })
    return most
  }
  const [small, large] = [await peak('10MB', 'Uploaded 1 objects, 10 MB'), await peak('200MB', 'Uploaded 1 objects, 200 MB')]
  console.log(`peak of ${store}: ${Math.round(small / MB)} MiB, ${Math.round(large / MB)} MiB`)
  expect(large - small).toBeLessThan(100 * MB)
})
