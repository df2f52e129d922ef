import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { type PaperCloud, testPaper } from '../examples/paper-on-cloud.ts'
import { type AzureBed, startAzureBed } from '../test-bed/azure.ts'
import type { StorageServer } from '../test-bed/storage/storage-server.ts'
import { startAzurite } from './azurite.ts'

describe("the paper's figures on Azure", () => {
  let bed: AzureBed
  let store: StorageServer
  let folder: string
  let cloud: PaperCloud

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'azure-paper-'))
    bed = await startAzureBed({ container: 'netfair', location: 'eastus' })
    store = await startAzurite({ tls: true })
    const { account = '', bucket, ca = '' } = store.location
    await writeFile(join(folder, 'ca.pem'), ca)
    const named = { NETFAIR_BUCKET: bucket, NETFAIR_ACCOUNT: account, AZURE_IDENTITY: bed.account.identities[0] ?? '' }
    cloud = {
      ...{ name: 'azure', args: ['--endpoint', store.endpoint, '--ca', join(folder, 'ca.pem')], memoryMb: 512 },
      environment: { ...bed.environment, ...store.environment, ...named },
      secrets: () => [...bed.secrets, ...bed.functionTokens, ...store.secrets],
      remains: () => bed.remains(),
    }
  })

  afterAll(async () => {
    await store?.[Symbol.asyncDispose]()
    await bed?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  testPaper(() => cloud)
})
