import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { azureBlob, gcs, s3 } from '../../src/storage/locations.ts'
import { openStore } from '../../src/storage/open-store.ts'

/** In place of the clouds' metadata address: it takes connections and never answers. */
const metadata = createServer((socket) => {
  asked += 1
  socket.on('error', () => {})
})
let asked = 0
let home: string
const before = { ...process.env }

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'netfair-home-'))
  metadata.listen(0, '127.0.0.1')
  await once(metadata, 'listening')
  const host = `127.0.0.1:${(metadata.address() as AddressInfo).port}`
  for (const name of Object.keys(process.env))
    if (/^(AWS|GOOGLE|GCE|GCLOUD|AZURE|METADATA|IDENTITY|MSI)_/.test(name)) delete process.env[name]
  Object.assign(process.env, {
    ...{ HOME: home, AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://${host}`, GCE_METADATA_HOST: host, GCE_METADATA_IP: host },
    ...{ METADATA_SERVER_DETECTION: 'assume-present', AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://${host}` },
  })
})

afterAll(async () => {
  process.env = before
  metadata.close()
  await rm(home, { recursive: true, force: true })
})

test.concurrent.each([
  ['s3', s3({ bucket: 'netfair-test', region: 'eu-central-1' })],
  ['gcs', gcs({ bucket: 'netfair-test' })],
  ['azure-blob', azureBlob({ account: 'netfairtest', container: 'netfair-test' })],
])('%s: without credentials it says so, soon, also where the metadata address does not answer', async (_, location) => {
  const store = await openStore(location)
  const startedAt = performance.now()
  await expect(store.get('manifest.json')).rejects.toMatchObject({ code: 'CREDENTIALS_MISSING' })
  await expect(store.get('manifest.json')).rejects.toMatchObject({ code: 'CREDENTIALS_MISSING' })
  expect(performance.now() - startedAt).toBeLessThan(15_000)
  expect(asked).toBeGreaterThan(0)
  await store.close()
})
