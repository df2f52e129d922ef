import type { Bottleneck, Decomposition, Reason, ReasonCode, ReportCell, ReportInterval } from '../model/report.ts'

const notTheNetwork: Readonly<Partial<Record<Bottleneck, ReasonCode>>> = {
  cpu: 'cpu-bound',
  target: 'target-saturated',
  host: 'host-saturated',
}

/**
 * Beside the rate of objects that of the network, as another probe (iperf3) measured it at the same memory, concurrency and direction. Where that
 * probe was held back by something else it is a lower bound.
 *
 * @param network - cells of that probe's journal; undefined where there is none
 */
export function besideNetwork(cell: ReportCell, network: readonly ReportCell[] | undefined): ReportCell {
  if (cell.decomposition === undefined) return cell
  const beside = networkOf(cell, network)
  return { ...cell, decomposition: { ...cell.decomposition, ...('code' in beside ? { reasons: [beside] } : beside) } }
}

function networkOf(cell: ReportCell, network: readonly ReportCell[] | undefined): Pick<Decomposition, 'network' | 'reasons'> | Reason {
  if (network === undefined) return reason('no-network', 'no journal of the network alone was given.')
  const [same, ...others] = network.filter((one) => isBeside(one, cell))
  if (same === undefined) return reason('no-network', 'the journal of the network has no cell of this memory, concurrency and direction.')
  if (others.length > 0) return reason('no-network', 'the journal of the network has several cells of this memory and concurrency.')
  const [bitsPerSecond, rate] = [same, cell].map(({ perFunction }) => perFunction.medianBitsPerSecond)
  if (!bitsPerSecond || !rate) return reason('rounds', 'there is no used round of it.')
  const code = notTheNetwork[same.bottleneck]
  const interval = ratioInterval(same.perFunction.interval, cell.perFunction.interval)
  return {
    network: { bitsPerSecond, ratio: bitsPerSecond / rate, interval, atLeast: code !== undefined },
    reasons: code === undefined ? [] : [{ code, message: `What measured the network was held back itself, by the ${same.bottleneck}.` }],
  }
}

/** The factors of the network's cell are those of the object's, which may have more: sizes of chunks and the like. */
function isBeside(network: ReportCell, cell: ReportCell): boolean {
  const same = (['memoryMb', 'concurrency', 'direction'] as const).every((key) => network[key] === cell[key])
  return same && Object.entries(network.factors).every(([name, level]) => cell.factors[name] === level)
}

/** Of independent journals: wider than 95 %, since both ends would have to be missed at once. */
function ratioInterval(above: ReportInterval | null, below: ReportInterval | null): ReportInterval | null {
  if (above === null || below === null || below.low <= 0) return null
  return { ...below, low: above.low / below.high, high: above.high / below.low }
}

const reason = (code: ReasonCode, what: string): Reason => ({ code, message: `What the network would give is not known: ${what}` })
