import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Journal } from '../../src/model/journal.ts'
import type { Report } from '../../src/model/report.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { renderPlan } from '../../src/report/plan.ts'
import { analyze } from '../../src/run/analyze.ts'
import { defineExperiment, type Experiment, type ExperimentOptions } from '../../src/run/experiment.ts'
import { plan } from '../../src/run/plan.ts'
import { run } from '../../src/run/run.ts'
import { type CloudName, cloudNames, ShapedClouds } from './shaped-clouds.ts'

/** Of a function, in bits per second; what TCP makes of it is known, too. */
const cap = 20e6

let clouds: ShapedClouds
beforeAll(async () => {
  clouds = await ShapedClouds.start(cloudNames, { uplinkBitsPerSecond: 100e6, sharing: 'capped', capBitsPerSecond: cap })
})
afterAll(() => clouds[Symbol.asyncDispose]())

const experimentOn = (name: CloudName, options: Partial<ExperimentOptions> = {}): Experiment =>
  defineExperiment({
    provider: { ...clouds.provider(name), exclusive: false },
    probe: iperf3({ seconds: 3 }),
    memoryMb: [2048],
    concurrency: [1, 2],
    direction: ['upload'],
    repetitions: 2,
    quote: { bitsPerSecond: cap * (1448 / 1514) },
    ...options,
  })

test.each(cloudNames)('a dry run on %s says what compute, requests and egress will cost, and the target where it is asked for', (name) => {
  const { targetPlace: _, ...provider } = clouds.provider(name)
  const target = { iperf3: 'target.example:5201', http: 'https://target.example' }
  const dryRun = (quote: ExperimentOptions['quote'] = {}) => renderPlan(plan(experimentOn(name, { provider, target, quote })))
  const meters = name === 'gcp' ? ['compute GB-s', 'CPU vCPU-s', 'requests', 'egress GB'] : ['compute GB-s', 'requests', 'egress GB']
  const text = dryRun({ bitsPerSecond: cap, targetUsdPerHour: 0.2 })
  for (const meter of [...meters, 'target machine h']) expect(text).toMatch(new RegExp(`${meter} +│ +[\\d.e-]+ │ +[\\d.e-]+ `))
  expect(dryRun({ bitsPerSecond: cap })).not.toContain('target machine h')
})

const within10PercentOf =
  (quoted = 0) =>
  (final: number): boolean =>
    Math.abs(final / quoted - 1) < 0.1

describe('afterwards', () => {
  let measured: ReadonlyMap<CloudName, { readonly journal: Journal; readonly report: Report }>
  beforeAll(async () => {
    const each = cloudNames.map(async (name) => {
      const journal = await run(experimentOn(name), { readyTimeoutMs: 60_000 })
      return [name, { journal, report: await analyze(journal) }] as const
    })
    measured = new Map(await Promise.all(each))
  }, 120_000)

  test.each(cloudNames)('what %s bills is within 10 %% of the quote, both by the same prices', (name) => {
    const { journal, report } = measured.get(name) ?? expect.unreachable()
    const { quote, priceBook } = journal.experiment
    const { cost } = report
    expect(cost?.priceBook).toEqual(priceBook)
    expect(priceBook).toMatchObject({ version: expect.any(String), date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) })
    expect(cost?.quotedUsd).toBe(quote?.usd)
    const billed = journal.samples.map(({ billedMs, durationMs }) => billedMs ?? durationMs)
    expect(cost?.finalUsd, `billed ${billed.join(', ')} ms`).toSatisfy(within10PercentOf(quote?.usd))
    // Egress is most of it: each meter by itself. Starts and ends take longer where these cores are busy, and so does what is billed for them.
    const quoted = plan(experimentOn(name)).quote?.items ?? []
    expect(cost?.items.map(({ meter }) => meter)).toEqual(quoted.map(({ meter }) => meter))
    for (const { meter, usd } of quoted) {
      const final = cost?.items.find((item) => item.meter === meter)?.usd
      const ratio = (final ?? 0) / usd
      expect(ratio, `${meter}, billed ${billed.join(', ')} ms`).toBeGreaterThan(0.9)
      expect(ratio, `${meter}, billed ${billed.join(', ')} ms`).toBeLessThan(/compute|CPU/.test(meter) ? 1.6 : 1.1)
    }
  })
})
