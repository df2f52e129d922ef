import { afterAll, test } from 'vitest'
import { agentBundle } from '../../../src/run/built-program.ts'
import { startTarget } from '../../../src/server/target.ts'
import { type ContractSetting, providerContract } from '../../../src/testing/index.ts'
import { abandonDeployment, onBed, useAwsBed } from './lab.ts'

const bed = await useAwsBed({ concurrency: 500 })
const target = await startTarget({ host: '127.0.0.1', port: 0, httpPort: 0 })
afterAll(async () => {
  await target.dispose()
  await bed[Symbol.asyncDispose]()
})

const provider = onBed(bed)
const setting: ContractSetting = {
  bundle: agentBundle('aws'),
  memoryMb: [512, 1769],
  refused: { memoryMb: 64, concurrency: 501 },
  target: target.target,
  billed: true,
  secrets: bed.secrets,
  unready: [onBed(bed, { region: 'eu-nowhere-1' }), onBed(bed, { timeoutSeconds: 900, region: 'xx-nowhere-2' })],
  remains: async () => bed.remains(),
  abandon: () => abandonDeployment(bed),
  async deployBroken(request) {
    bed.faults.failDeploy()
    try {
      return await provider.deploy(request)
    } finally {
      bed.faults.clear()
    }
  },
}

for (const { name, run } of providerContract(provider, setting)) test(name, run)
