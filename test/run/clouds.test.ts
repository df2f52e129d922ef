import { afterAll, describe, expect, test } from 'vitest'
import type { Sample } from '../../src/model/journal-record.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { type LocalOptions, local } from '../../src/providers/local.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { analyze } from '../../src/run/analyze.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'
import { leftOf } from './lab.ts'
import { cloudNames, ShapedClouds } from './shaped-clouds.ts'

afterAll(() => expect(leftOf(process.pid)).toEqual([]))

/** The demo's experiment in small. Each provider has an uplink of its own, so that they need not wait for each other. */
async function measure(provider: Provider) {
  const experiment = defineExperiment({
    provider: { ...provider, exclusive: false },
    probe: iperf3({ seconds: 1 }),
    memoryMb: [2048],
    concurrency: [1, 2, 8, 16],
    repetitions: 3,
  })
  const journal = await run(experiment, { readyTimeoutMs: 60_000 })
  // The functions of all providers share these few cores, which must decide nothing but how many bytes are in the window.
  const { sharing, cells, excluded } = await analyze(journal, { hostIdle: -1, minimumOverlap: 0.5 })
  const [finding] = sharing
  if (finding === undefined) throw new Error('no finding about sharing')
  return { finding, cells, excluded, samples: journal.samples }
}

/** From the first start to the last of each round of n, in ms. */
function skews(samples: readonly Sample[], n: number): readonly number[] {
  const starts = new Map<string, number[]>()
  for (const { round, startedAtMs = Number.NaN } of samples) starts.set(round, [...(starts.get(round) ?? []), startedAtMs])
  return [...starts.values()].filter(({ length }) => length === n).map((times) => Math.max(...times) - Math.min(...times))
}

describe.each<{ name: string; options: LocalOptions; verdict: string; aggregate: (n: number) => number }>([
  { name: 'fifo', options: { uplinkBitsPerSecond: 60e6, sharing: 'fifo' }, verdict: 'shared', aggregate: () => 60e6 },
  {
    name: 'capped',
    options: { uplinkBitsPerSecond: 60e6, sharing: 'capped', capBitsPerSecond: 15e6 },
    verdict: 'capped',
    aggregate: (n) => Math.min(n * 15e6, 60e6),
  },
])('$name', ({ options, verdict, aggregate }) => {
  test('clouds whose functions are on such a host get the verdict that the host itself gets', { timeout: 180_000 }, async () => {
    await using clouds = await ShapedClouds.start(cloudNames, options)
    const providers = [local(options), ...cloudNames.map((name) => clouds.provider(name))]
    const measured = await Promise.all(providers.map(async (provider) => ({ name: provider.name, ...(await measure(provider)) })))
    for (const { name, finding, cells, excluded, samples } of measured) {
      const said = JSON.stringify({ name, finding, excluded })
      expect(finding.verdict, said).toBe(verdict)
      expect(finding.grade, said).not.toBeNull()
      for (const {
        concurrency,
        aggregate: { medianBitsPerSecond },
        reusedInstances,
        instances,
      } of cells) {
        const ratio = (medianBitsPerSecond ?? 0) / (aggregate(concurrency) * (1448 / 1514))
        expect(ratio, `${name}, n = ${concurrency}`).toBeLessThan(1.06)
        expect(ratio, `${name}, n = ${concurrency}`).toBeGreaterThan(0.75)
        // While one waits at the rendezvous it holds its instance.
        expect({ name, reusedInstances }).toEqual({ name, reusedInstances: 0 })
        expect(instances, name).toBeGreaterThanOrEqual(concurrency)
      }
      expect(Math.min(...skews(samples, 16)), name).toBeLessThan(100)
    }
    expect(clouds.remains()).toEqual([])
  })
})
