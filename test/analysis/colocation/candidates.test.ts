import { expect, test } from 'vitest'
import { candidatesOf } from '../../../src/analysis/colocation/candidates.ts'
import type { InstanceFacts } from '../../../src/analysis/colocation/observation.ts'
import { observe } from '../../../src/analysis/colocation/validity.ts'

const cpu = (model: number, mhz: string): Record<string, string> => ({
  'proc/cpuinfo': `vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: ${model}\nmodel name\t: Intel(R) Xeon(R) CPU @ 2.20GHz\nstepping\t: 0\ncpu MHz\t\t: ${mhz}`,
  'env/K_SERVICE': 'probe',
})

const instances = (all: readonly Record<string, string>[]): InstanceFacts[] =>
  all.map((facts, index) => ({ instance: `n${index}`, provider: 'gcp', region: 'europe-west1', fromMs: 0, toMs: 1, invocations: 1, facts }))

const kinds = (all: readonly Record<string, string>[]): { strata: number; fingerprints: number } => {
  const candidates = candidatesOf(observe(instances(all)))
  expect(candidates.map(({ instance }) => instance)).toEqual(all.map((_, index) => `n${index}`))
  return {
    strata: new Set(candidates.map(({ stratum }) => stratum)).size,
    fingerprints: new Set(candidates.map(({ fingerprint }) => fingerprint)).size,
  }
}

test('processors are strata, measured frequencies are fingerprints', () => {
  const all = [cpu(85, '2199.998'), cpu(85, '2200.114'), cpu(79, '2199.998'), cpu(79, '2199.998')]
  expect(kinds(all)).toEqual({ strata: 2, fingerprints: 3 })
})

test('a key that one instance lacks tells nobody apart: that one could be anywhere', () => {
  expect(kinds([cpu(85, '2199.998'), cpu(79, '2199.998'), {}])).toEqual({ strata: 1, fingerprints: 1 })
  expect(kinds([])).toEqual({ strata: 0, fingerprints: 0 })
})
