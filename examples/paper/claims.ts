import type { Report } from 'netfair'
import { above, all, because, below, type Checked, mbit, rateOf, ratioOf, times, type Verdict } from './claim.ts'

/**
 * What the paper claims with its figures, and whether a report bears it out. Numbers are those that the paper quotes; it gives no intervals
 * and no counts of repetitions, so that a claim is taken as what it says in words.
 */

type Memory = Report['memory'][number]

/** Figure 2: "the service provider does not provide different levels of network quality based on the configured maximum memory size". */
export function sameAtEveryMemory({ memory }: Report): Checked {
  const verdict = ({ verdict }: Memory): Verdict =>
    verdict === 'inconclusive' ? 'cannot tell' : verdict === 'flat' ? 'holds' : 'does not hold'
  return {
    claim: 'By iperf3 the bandwidth is the same at every memory size, for uploads and downloads.',
    quoted: { megabytesPerSecondAt128MB: 70 },
    here: memory.map(describeMemory).join('; '),
    verdict: all(memory.map(verdict)),
  }
}

function describeMemory({ direction, verdict, reasons }: Memory): string {
  return verdict === 'inconclusive'
    ? `${direction}: cannot tell: ${because(reasons)}`
    : `${direction}: ${verdict.toUpperCase()} over memory`
}

/** "Noticeable": the bandwidths of two sizes differ by this factor. */
const NOTICEABLE = 1.25

/** Figure 3: "The file size does not have a noticeable impact on network bandwidth use." */
export function sameForEverySize({ cells }: Report): Checked {
  const sorted = cells.toSorted((a, b) => Number(a.factors['chunkBytes']) - Number(b.factors['chunkBytes']))
  const rates = sorted.map(rateOf)
  const pairs = rates.flatMap((one, index) => rates.slice(index + 1).map((other) => ratioOf(other, one)))
  const unlike = (pair: (typeof pairs)[number]): Verdict => all([above(pair, 1 / NOTICEABLE), below(pair, NOTICEABLE)])
  const size = (bytes: unknown): string => `${Number(bytes) / 1e6} MB`
  return {
    claim: 'The size of a file makes no noticeable difference to the bandwidth of moving it.',
    quoted: { memoryMb: 1024 },
    here: sorted.map(({ factors }, index) => `${size(factors['chunkBytes'])}: ${mbit(rates[index]?.median)}`).join(', '),
    verdict: sorted.length < 2 ? 'cannot tell' : all(pairs.map(unlike)),
  }
}

/** Figure 4a and 4b: "the median download time decreases as the functions allocated memory size increases". */
export function moreMemoryMoreBandwidth({ memory, cells }: Report): Checked {
  const [finding] = memory
  const direction = finding?.direction ?? 'download'
  const grows: Verdict =
    !finding || finding.verdict === 'inconclusive' ? 'cannot tell' : finding.verdict === 'flat' ? 'does not hold' : 'holds'
  const rates = cells.map((cell) => `${cell.memoryMb} MB: ${mbit(rateOf(cell)?.median)}`).join(', ')
  return {
    claim: `With more memory ${direction}s of objects are faster, against what iperf3 says.`,
    quoted: direction === 'download' ? { megabytesPerSecondAt128MB: 9.5 } : {},
    here: `${finding === undefined ? 'memory was not varied' : describeMemory(finding)}; ${rates}`,
    verdict: grows,
  }
}

/** Figures 2 and 4a: "for 128MB of configured memory for a function, iperf3 shows about 70MB/s while the download from S3 shows 9.5MB/S". */
export function iperf3IsNoEstimate({ cells }: Report): Checked {
  const smallest = cells.toSorted((a, b) => (a.memoryMb ?? 0) - (b.memoryMb ?? 0))[0]
  const { network = null, reasons = [] } = smallest?.decomposition ?? {}
  const ratio = network?.interval ? { value: network.ratio, low: network.interval.low, high: network.interval.high } : undefined
  const said = network === null ? because(reasons) : `iperf3 gets ${mbit(network.bitsPerSecond)}, ${times(ratio)} as much`
  return {
    claim: 'In a small function iperf3 gets several times what a download from object storage gets.',
    quoted: { ratio: 70 / 9.5, iperf3MegabytesPerSecond: 70, downloadMegabytesPerSecond: 9.5 },
    here: `at ${smallest?.memoryMb} MB ${said}; ${smallest?.bottleneck === 'cpu' ? 'the download is CPU-bound' : `held back by: ${smallest?.bottleneck}`}`,
    verdict: above(ratio, 1.5),
  }
}

/** Close to its knee a curve may bend earlier than it is fitted to. */
const WELL_BELOW = 0.75

/** Figure 4: "the limited memory size and CPU usage quota impact the network performance". */
export function cpuBoundBelowTheKnee({ cells, memory }: Report): Checked {
  const { saturationMemoryMb: knee = null, verdict: shape = 'inconclusive' } = memory[0] ?? {}
  const ladder = cells.toSorted((a, b) => (a.memoryMb ?? 0) - (b.memoryMb ?? 0))
  // Without a knee only the smallest is sure to be small.
  const small = ladder.filter(({ memoryMb }, index) => index === 0 || (knee !== null && (memoryMb ?? 0) < WELL_BELOW * knee))
  const bound = ({ bottleneck }: Report['cells'][number]): Verdict =>
    bottleneck === 'network' ? 'does not hold' : bottleneck === 'cpu' ? 'holds' : 'cannot tell'
  const verdict = all(small.map(bound))
  const none = shape === 'inconclusive' ? 'where the knee is cannot be told' : 'there is no knee'
  const where = knee === null ? none : `the knee is at ${knee.toFixed(0)} MB`
  const told = ladder.map(({ memoryMb, bottleneck }) => `${memoryMb} MB: ${bottleneck}`).join(', ')
  return {
    claim: 'It is the limited CPU of small functions that holds their downloads back.',
    quoted: {},
    here: `${verdict === 'holds' ? 'CPU-bound below the knee: ' : ''}${where}; ${told}`,
    verdict,
  }
}

/** Figure 5: "as the number of concurrent executions increases, the allocated bandwidth per execution decreases, but the total … stays constant". */
export function moreFunctionsLessEach({ sharing }: Report): Checked {
  const [finding] = sharing
  const { verdict = 'inconclusive', upToConcurrency, capacityBitsPerSecond, reasons = [] } = finding ?? {}
  const total = capacityBitsPerSecond ? `, ${mbit(capacityBitsPerSecond)} together` : ''
  return {
    claim: 'The more functions run on a host, the less each gets by iperf3, while all together get the same.',
    quoted: { functions: 26, memoryMb: 128 },
    here: verdict === 'inconclusive' ? because(reasons) : `${verdict.toUpperCase()} up to ${upToConcurrency} functions${total}`,
    verdict: verdict === 'inconclusive' ? 'cannot tell' : verdict === 'shared' ? 'holds' : 'does not hold',
  }
}
