/**
 * The demo's experiment on the clouds' test beds, whose functions are behind the uplink of a local host, beside that host itself: aggregate ÷
 * expected, Jain, skew of the starts, verdict, and what was billed ÷ the quote. About a minute each.
 * `node bench/clouds.ts [local] [aws] [gcp] [azure] [fifo] [capped]`
 */
import { analyze, defineExperiment, iperf3, type Provider, run } from 'netfair'
import { type LocalOptions, local } from 'netfair/local'
import { type CloudName, cloudNames, ShapedClouds } from '../test/run/shaped-clouds.ts'

/** Payload over frame: what of a shaped rate a TCP stream gets. */
const payload = 1448 / 1514

const truths: Readonly<Record<string, { readonly options: LocalOptions; aggregate(n: number): number }>> = {
  fifo: { options: { uplinkBitsPerSecond: 200e6, sharing: 'fifo' }, aggregate: () => 200e6 },
  capped: {
    options: { uplinkBitsPerSecond: 200e6, sharing: 'capped', capBitsPerSecond: 50e6 },
    aggregate: (n) => Math.min(n * 50e6, 200e6),
  },
}

const chosen = process.argv.slice(2)
const isChosen = (name: string, others: readonly string[]): boolean => chosen.includes(name) || !chosen.some((one) => others.includes(one))

async function measure(name: string, policy: string, provider: Provider): Promise<void> {
  const experiment = defineExperiment({
    provider,
    probe: iperf3({ seconds: 2 }),
    memoryMb: [2048],
    concurrency: [1, 2, 4, 8, 16],
    repetitions: 3,
  })
  const journal = await run(experiment, { readyTimeoutMs: 60_000 })
  const { cells, sharing, cost } = await analyze(journal)
  for (const { concurrency, aggregate, fairness, overlap, roundsUsed } of cells) {
    const expected = (truths[policy]?.aggregate(concurrency) ?? Number.NaN) * payload
    const ratio = (aggregate.medianBitsPerSecond ?? Number.NaN) / expected
    const jain = fairness?.jain?.toFixed(4) ?? '–'
    const skew = Math.max(...skews(journal.samples, concurrency)).toFixed(1)
    console.log(
      `${name} ${policy} n=${concurrency}: ÷ expected ${ratio.toFixed(4)}, Jain ${jain}, overlap ${overlap?.toFixed(3)}, skew ≤ ${skew} ms, ${roundsUsed} rounds`,
    )
  }
  for (const { verdict, grade, confidence, upToConcurrency, knee, reasons } of sharing) {
    const at = knee === null ? '' : `, knee ${knee.value.toFixed(2)} [${knee.low?.toFixed(2)}, ${knee.high?.toFixed(2)}]`
    console.log(
      `${name} ${policy}: ${verdict} (${grade}, ${confidence}) up to ${upToConcurrency}${at}; ${reasons.map(({ code }) => code).join(', ')}`,
    )
  }
  if (cost?.finalUsd != null && cost.quotedUsd != null)
    console.log(`${name} ${policy}: billed ÷ quoted ${(cost.finalUsd / cost.quotedUsd).toFixed(4)} of ${cost.quotedUsd.toPrecision(4)} USD`)
}

/** From the first start to the last of each round of n functions, in ms. */
function skews(samples: Awaited<ReturnType<typeof run>>['samples'], n: number): readonly number[] {
  const starts = new Map<string, number[]>()
  for (const { round, startedAtMs = Number.NaN } of samples) starts.set(round, [...(starts.get(round) ?? []), startedAtMs])
  return [...starts.values()].filter(({ length }) => length === n).map((times) => Math.max(...times) - Math.min(...times))
}

const names = ['local', ...cloudNames] as const
for (const [policy, { options }] of Object.entries(truths)) {
  if (!isChosen(policy, Object.keys(truths))) continue
  for (const name of names) {
    if (!isChosen(name, names)) continue
    if (name === 'local') await measure(name, policy, local(options))
    else await onCloud(name, policy, options)
  }
}

async function onCloud(name: CloudName, policy: string, options: LocalOptions): Promise<void> {
  const clouds = await ShapedClouds.start([name], options)
  try {
    await measure(name, policy, clouds.provider(name))
  } finally {
    await clouds[Symbol.asyncDispose]()
  }
}
