import { afterAll, test } from 'vitest'
import { agentBundle } from '../../../src/run/built-program.ts'
import { startTarget } from '../../../src/server/target.ts'
import { type ContractSetting, providerContract } from '../../../src/testing/index.ts'
import { onBed, useAzureBed } from './bed.ts'
import { abandonDeployment } from './owner.ts'

const bed = await useAzureBed()
const target = await startTarget({ host: '127.0.0.1', port: 0, httpPort: 0, processes: 1 })
afterAll(async () => {
  await target.dispose()
  await bed[Symbol.asyncDispose]()
})

const provider = onBed(bed)
const setting: ContractSetting = {
  bundle: agentBundle('azure'),
  memoryMb: [512, 2048],
  refused: { memoryMb: 1024, concurrency: 1001 },
  target: target.target,
  secrets: bed.secrets,
  unready: [
    onBed(bed, { location: 'jioindiacentral' }),
    onBed(bed, { resourceGroup: 'elsewhere' }),
    onBed(bed, { container: 'nothing' }),
    onBed(bed, { credential: { getToken: () => Promise.reject(new Error('no credential')) } }),
  ],
  remains: async () => bed.remains(),
  abandon: () => abandonDeployment(bed),
  async deployBroken(request) {
    const undo = bed.faults.next('Scm_Publish', 'deploy-fails')
    return provider.deploy(request).finally(undo)
  },
}

for (const { name, run } of providerContract(provider, setting)) test(name, run)
