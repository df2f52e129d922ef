import type { Report } from 'netfair'
import { above, all, below, type Checked, type Figure, mbit, ratioOf, times } from './claim.ts'

/** What the paper claims about the whole work, 100 chunks of 10 MB: its response time, and what it costs. */

type CostMap = NonNullable<Report['costMap']>
type WorkCell = CostMap['cells'][number]

/** "More" means by this factor at least. */
const MORE = 1.1

const seconds = (figure: Figure | null): string => (figure === null ? 'unknown' : `${(figure.median / 1000).toPrecision(3)} s`)
const unmapped = (claim: string, quoted: Checked['quoted']): Checked => ({
  claim,
  quoted,
  here: 'no work was done in more than one configuration',
  verdict: 'cannot tell',
})

/** Cells that differ in one thing, by its rising level. */
function ladder({ costMap }: Report, level: (cell: WorkCell) => number): readonly WorkCell[] {
  return (costMap?.cells ?? []).toSorted((a, b) => level(a) - level(b))
}

const byMemory = ({ memoryMb }: WorkCell): number => memoryMb ?? 0
const byFunctions = ({ concurrency }: WorkCell): number => concurrency

/** All of the work ÷ its response time, in bits per second. */
function together({ responseMs }: WorkCell, { work }: CostMap): Figure | null {
  if (responseMs === null) return null
  const rate = (ms: number): number => (work.chunks * work.chunkBytes * 8000) / ms
  const { median, interval } = responseMs
  return { median: rate(median), interval: interval && { ...interval, low: rate(interval.high), high: rate(interval.low) } }
}

/** Figure 4c: 128 to 256 MB "the response time will be halved, with a marginal cost increase"; 1024 to 2048 MB "about 25%, but the cost … 68%". */
export function moreMemoryCostsMore(report: Report): readonly Checked[] {
  const cells = ladder(report, byMemory)
  const at = (memoryMb: number): WorkCell | undefined => cells.find((cell) => cell.memoryMb === memoryMb)
  return [
    doubled('From 128 to 256 MB the response time is halved, for hardly more money.', at(128), at(256), {
      quoted: { responseTime: 0.5 },
      time: (ratio) => below(ratio, 0.7),
      cost: (ratio) => below(ratio, 1.2),
    }),
    doubled('From 1024 to 2048 MB the response time is a quarter shorter, and the cost much higher.', at(1024), at(2048), {
      quoted: { responseTime: 0.75, cost: 1.68 },
      time: (ratio) => above(ratio, 0.6),
      cost: (ratio) => above(ratio, 1.2),
    }),
  ]
}

interface Doubling {
  readonly quoted: Checked['quoted']
  readonly time: (ratio: ReturnType<typeof ratioOf>) => Checked['verdict']
  readonly cost: (ratio: ReturnType<typeof ratioOf>) => Checked['verdict']
}

function doubled(claim: string, from: WorkCell | undefined, to: WorkCell | undefined, { quoted, time, cost }: Doubling): Checked {
  if (from === undefined || to === undefined) return unmapped(claim, quoted)
  const [response, price] = [ratioOf(to.responseMs, from.responseMs), ratioOf(to.usd, from.usd)]
  return { claim, quoted, here: `response time ${times(response)}, cost ${times(price)}`, verdict: all([time(response), cost(price)]) }
}

/** Figure 6: "When there is one function running on a host, … the download time is the shortest and the aggregated bandwidth is the smallest." */
export function moreFunctionsMoreTogether(report: Report): Checked {
  const claim = 'With more functions on a host all together get more, and each chunk takes longer.'
  const quoted = { chunks: 100, chunkMegabytes: 10 }
  const cells = ladder(report, byFunctions)
  const [first, last] = [cells[0], cells.at(-1)]
  const { costMap } = report
  if (costMap === null || first === undefined || last === undefined || first === last) return unmapped(claim, quoted)
  const [bandwidth, chunk] = [ratioOf(together(last, costMap), together(first, costMap)), ratioOf(last.aggregatedMs, first.aggregatedMs)]
  const told = cells.map((cell) => `n = ${cell.concurrency}: ${mbit(together(cell, costMap)?.median)}`).join(', ')
  return {
    claim,
    quoted,
    here: `from 1 to ${last.concurrency} functions together ${times(bandwidth)}, time of a chunk ${times(chunk)}; ${told}`,
    verdict: all([above(bandwidth, MORE), above(chunk, MORE)]),
  }
}

/** Figure 7: "there is almost no response-time gain, but the cost increases by about 20%", from 16 to 26 functions. */
export function tooManyFunctionsOnlyCost(report: Report): Checked {
  const claim = 'From 16 to 26 functions there is almost no gain in response time, and the cost is higher.'
  const quoted = { cost: 1.2 }
  const cells = ladder(report, byFunctions)
  const [most, before] = [cells.at(-1), cells.at(-2)]
  if (most === undefined || before === undefined) return unmapped(claim, quoted)
  const [response, price] = [ratioOf(most.responseMs, before.responseMs), ratioOf(most.usd, before.usd)]
  const told = cells.map(({ concurrency, responseMs }) => `n = ${concurrency}: ${seconds(responseMs)}`).join(', ')
  return {
    claim,
    quoted,
    here: `from ${before.concurrency} to ${most.concurrency} functions response time ${times(response)}, cost ${times(price)}; ${told}`,
    verdict: all([above(response, 0.8), above(price, MORE)]),
  }
}

/** Figure 7: "As the number of concurrent executions increases, the response time decreases, due to increased parallelism." */
export function moreFunctionsSooner(report: Report): Checked {
  const claim = 'A few functions at once do the work sooner than one.'
  const cells = ladder(report, byFunctions)
  const [one, few] = [cells[0], cells[Math.floor(cells.length / 2)]]
  if (one === undefined || few === undefined || one === few) return unmapped(claim, {})
  const response = ratioOf(few.responseMs, one.responseMs)
  return {
    claim,
    quoted: {},
    here: `from ${one.concurrency} to ${few.concurrency} functions response time ${times(response)}`,
    verdict: below(response, 1 / MORE),
  }
}
