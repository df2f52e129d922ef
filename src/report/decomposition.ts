import type { Decomposition, Report, ReportCell } from '../model/report.ts'
import { describePlace } from './describe.ts'
import { formatNumber, formatRate } from './format.ts'

/** A sentence about each cell that moved objects: what its time went into, and what held it back. */
export function describeDecompositions({ cells, experiment }: Report): readonly string[] {
  return cells.flatMap((cell) => {
    const { decomposition } = cell
    if (decomposition === undefined) return []
    const transport = cell.factors['transport'] ?? experiment.probe.params?.['transport']
    const client = transport === 'sdk' ? 'the SDK' : 'the client'
    return [`${describePlace(cell)}: ${partsOf(decomposition, client)}${processor(cell)}. ${limit(cell, decomposition, client)}`]
  })
}

/** The largest part first. */
function partsOf({ connection, tls, firstByte, transfer, checksum, client }: Decomposition, clientName: string): string {
  const parts: readonly (readonly [name: string, share: number | null])[] = [
    [tls === null ? 'connection' : `connection (${Math.round(tls * 100)} % TLS)`, connection],
    ['first byte', firstByte],
    ['transfer', transfer],
    ['checksum', checksum],
    [clientName, client],
  ]
  return parts
    .filter((part): part is readonly [string, number] => part[1] !== null)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, share]) => `${Math.round(share * 100)} % ${name}`)
    .join(', ')
}

function processor({ cpuSecondsPerGB, cpuCeilingBitsPerSecond: ceiling }: ReportCell): string {
  if (cpuSecondsPerGB === null) return ''
  return `; ${formatNumber(cpuSecondsPerGB)} CPU s per GB${ceiling === null ? '' : `, so that the quota ends at ${formatRate(ceiling)}`}`
}

function limit({ bottleneck }: ReportCell, { network, reasons }: Decomposition, client: string): string {
  const given = network === null ? undefined : `${network.atLeast ? 'at least ' : ''}${formatNumber(network.ratio)} ×`
  if (bottleneck === 'cpu') {
    if (given === undefined) return `CPU-bound in ${client}. ${withheld(reasons)}`
    return `CPU-bound in ${client}: the network would give ${given} more.`
  }
  const held = bottleneck === 'unknown' ? 'What held it back is not known' : `Held back by the ${bottleneck}`
  return given === undefined ? `${held}. ${withheld(reasons)}` : `${held}; the network alone gives ${given} as much.`
}

const withheld = (reasons: Decomposition['reasons']): string => reasons.map(({ code, message }) => `${message} [${code}]`).join(' ')
