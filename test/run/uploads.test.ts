import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { removeAbandonedUploads, removeUploads, uploadFolder } from '../../src/run/uploads.ts'
import type { ObjectStore } from '../../src/storage/object-store.ts'
import { withStore } from '../../src/storage/with-store.ts'
import { startGcs } from '../test-bed/storage/gcs.ts'
import { startS3 } from '../test-bed/storage/s3.ts'

/** Of a run whose process has ended. */
function folderOfKilled(runId: string): string {
  const program = `import { uploadFolder } from '${import.meta.resolve('../../src/run/uploads.ts')}'; console.log(uploadFolder({ runId: '${runId}' }))`
  return execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' }).trim()
}

const elsewhere = (runId: string, untilMs: number): string =>
  `uploads/${runId}.0123456789abcdef-7-7.1700000000.${Math.floor(untilMs / 1000)}/`

async function put(store: ObjectStore, ids: readonly string[]): Promise<void> {
  const content = Buffer.from('x')
  for (const id of ids) await store.put(id, { bytes: content.length, read: () => [content] })
}

async function names(store: ObjectStore): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of store.list()) ids.push(id)
  return ids.sort()
}

describe.each([
  ['s3', startS3],
  ['gcs', startGcs],
] as const)('uploads to %s', (_, start) => {
  test('of a killed run are removed; those of live runs, of others and of nobody stay', async () => {
    await using server = await start()
    const own = uploadFolder({ runId: 'own', endsBeforeMs: 1 })
    const killed = folderOfKilled('0b5c4d0e-killed')
    const [over, alive] = [elsewhere('over', Date.now() - 2000), elsewhere('alive', Date.now() + 60_000)]
    const kept = [`${own}r1.0/0-0`, `${alive}r1.0/0-0`, 'uploads/someone/1', 'uploads/a.b.c.d/1', '100000/0', 'manifest.json'].sort()
    await withStore(server.location, { environment: server.environment }, async (store) => {
      await put(store, [...kept, `${killed}r1.0/0-0`, `${killed}r2.0/1-0`, `${over}r1.0/0-0`])
      await removeAbandonedUploads(store)
      expect(await names(store)).toEqual(kept)
      await removeUploads(store, own)
      expect(await names(store)).toEqual(kept.filter((id) => !id.startsWith(own)))
    })
  })
})
