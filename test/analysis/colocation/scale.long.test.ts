import { expect, test } from 'vitest'
import { countPairs } from '../../../src/analysis/colocation/pairs.ts'
import { placementOf } from '../../../src/analysis/colocation/placement.ts'
import { seededRandom } from '../../../src/analysis/seeded-random.ts'
import { manyInstances } from './many-instances.ts'

test('ten times the instances take at most twenty times the CPU', { timeout: 120_000 }, () => {
  const cpuMs = (instances: number): number => {
    const all = manyInstances(instances, seededRandom(1))
    const before = process.cpuUsage()
    countPairs(placementOf(all, { minimumConfidence: 0.6 }).partition)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  }
  cpuMs(2000)
  const small = Math.min(...[1, 2, 3].map(() => cpuMs(10_000)))
  expect(cpuMs(100_000) / small).toBeLessThanOrEqual(20)
})
