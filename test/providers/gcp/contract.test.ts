import { afterAll, test } from 'vitest'
import { agentBundle } from '../../../src/run/built-program.ts'
import { startTarget } from '../../../src/server/target.ts'
import { type ContractSetting, providerContract } from '../../../src/testing/index.ts'
import { abandonDeployment, onBed, useGcpBed } from './lab.ts'

const bed = await useGcpBed()
const target = await startTarget({ host: '127.0.0.1', port: 0, httpPort: 0, processes: 1 })
afterAll(async () => {
  await target.dispose()
  await bed[Symbol.asyncDispose]()
})

const provider = onBed(bed)
const setting: ContractSetting = {
  bundle: agentBundle('gcp'),
  memoryMb: [512, 2048],
  refused: { memoryMb: 3008, concurrency: 1001 },
  target: target.target,
  secrets: bed.secrets,
  unready: [onBed(bed, { region: 'mars-central1' })],
  remains: async () => bed.remains(),
  abandon: () => abandonDeployment(bed),
  async deployBroken(request) {
    bed.faults.add({ kind: 'deploy-failed', stage: 'SERVICE' })
    try {
      return await provider.deploy(request)
    } finally {
      bed.faults.clear()
    }
  },
}

for (const { name, run } of providerContract(provider, setting)) test(name, run)
