import { afterAll, describe, test } from 'vitest'
import type { GcpOptions } from '../../../src/providers/gcp.ts'
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

/** Clauses that functions of the 1st generation, and calls by the API, keep by other code. */
const differsIn = /each memory size|own task|agent that dies|abort ends|half-way|cleanup removes/

const platforms: readonly (readonly [string, GcpOptions, RegExp])[] = [
  ['2nd generation', {}, /./],
  ['1st generation by HTTPS', { generation: 1 }, /each memory size|agent that dies/],
  ['1st generation by calls of the API', { generation: 1, invokeBy: 'call' }, differsIn],
]

describe.each(platforms)('%s', (_, options, chosen) => {
  const provider = onBed(bed, options)
  const setting: ContractSetting = {
    bundle: agentBundle('gcp'),
    memoryMb: [512, 2048],
    refused: { memoryMb: 3008, concurrency: 3001 },
    target: target.target,
    secrets: bed.secrets,
    unready: [onBed(bed, { ...options, region: 'mars-central1' })],
    remains: async () => bed.remains(),
    abandon: () => abandonDeployment(bed, options),
    async deployBroken(request) {
      bed.faults.add({ kind: 'deploy-failed', stage: 'SERVICE' })
      try {
        return await provider.deploy(request)
      } finally {
        bed.faults.clear()
      }
    },
  }
  for (const { name, run } of providerContract(provider, setting).filter((clause) => chosen.test(clause.name))) test(name, run)
})
