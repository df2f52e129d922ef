import { styleText } from 'node:util'
import Table from 'cli-table3'
import type { FairnessFinding, Reason, Report, ReportCell } from '../model/report.ts'
import { describeCost } from './cost.ts'
import { costMapTable, describeCostMap } from './cost-map.ts'
import { describeDecompositions } from './decomposition.ts'
import { describeAggressor, describeFairness, describeMemory, describePairs, describePlace, describeSharing } from './describe.ts'
import { formatFactors, formatMbit, formatMs, formatShare } from './format.ts'

export interface RenderOptions {
  /** ANSI colours. Default false. */
  readonly color?: boolean
  /** Columns of the terminal, for the sentences. Default 100. */
  readonly width?: number
}

/** Of exclusions and warnings, so many are shown. */
const mostLines = 10

/** The report for people: a table of cells, then each verdict as a sentence, then what was left out and why. */
export function renderReport(report: Report, { color = false, width = 100 }: RenderOptions = {}): string {
  const bold = (text: string): string => (color ? styleText('bold', text, { validateStream: false }) : text)
  const paragraphs = (sentences: readonly string[]): string => sentences.map((sentence) => wrap(sentence, width)).join('\n')
  const { provider, probe } = report.experiment
  const where = [provider.name, provider.variant, provider.region, provider.tier].filter((part) => part !== undefined).join(' ')
  const sections: (readonly [title: string, body: string])[] = [
    ['Network sharing', paragraphs(report.sharing.map(describeSharing))],
    ['Memory', paragraphs(report.memory.length > 0 && severalSizes(report) ? report.memory.map(describeMemory) : [])],
    ['Fairness', paragraphs(fairnessSentences(report.fairness))],
    ['Victims and neighbours', paragraphs((report.aggressor ?? []).map(describeAggressor))],
    ['Who shared a host (netfair colocation)', paragraphs(report.colocation === null ? [] : [describePairs(report.colocation)])],
    ['Where the time goes', paragraphs(describeDecompositions(report))],
    ['Cost map', costMapSection(report.costMap, color, paragraphs)],
    ['Cost', paragraphs(report.cost === null ? [] : describeCost(report.cost))],
    ['Left out', paragraphs(shortened(report.excluded))],
    ['Warnings', paragraphs(shortened(report.warnings))],
  ]
  const told = sections.filter(([, body]) => body !== '').map(([title, body]) => `${bold(title)}\n${body}\n`)
  return [`${bold(`${probe.name} on ${where}`)}\n${cellTable(report.cells, color)}\n`, ...told].join('\n')
}

function costMapSection(map: Report['costMap'], color: boolean, paragraphs: (sentences: readonly string[]) => string): string {
  return map === null ? '' : `${costMapTable(map, color)}\n${paragraphs([...describeCostMap(map), ...shortened(map.reasons)])}`
}

const severalSizes = ({ cells }: Report): boolean => new Set(cells.map(({ memoryMb }) => memoryMb)).size > 1

/** One row a cell; columns that say the same in every row are left out. */
function cellTable(cells: readonly ReportCell[], color: boolean): string {
  const columns: (readonly [head: string, value: (cell: ReportCell) => string, align: 'left' | 'right'])[] = [
    ['direction', ({ direction }) => direction, 'left'],
    ['factors', ({ factors }) => formatFactors(factors), 'left'],
    ['memory MB', ({ memoryMb }) => `${memoryMb ?? '–'}`, 'right'],
    ['n', ({ concurrency }) => `${concurrency}`, 'right'],
    ['Mbit/s each', ({ perFunction }) => formatMbit(perFunction.medianBitsPerSecond), 'right'],
    ['together', ({ aggregate }) => formatMbit(aggregate.medianBitsPerSecond), 'right'],
    ['Jain', ({ fairness }) => formatShare(fairness?.jain ?? null), 'right'],
    ['worst/fair', ({ fairness }) => formatShare(fairness?.worstToFair ?? null), 'right'],
    ['overlap', ({ overlap }) => formatShare(overlap), 'right'],
    ['rounds', ({ rounds, roundsUsed }) => (rounds === roundsUsed ? `${rounds}` : `${roundsUsed} of ${rounds}`), 'right'],
    ['failed', ({ failed }) => `${failed}`, 'right'],
    ['init ms', ({ initMs }) => formatMs(initMs), 'right'],
    ['RTT ms', ({ latency }) => formatMs(latency?.medianMs), 'right'],
    ['RTT p95', ({ latency }) => formatMs(latency?.p95Ms), 'right'],
    ['bufferbloat ms', ({ latency }) => formatMs(bufferbloat(latency)), 'right'],
    ['bottleneck', ({ bottleneck }) => bottleneck, 'left'],
  ]
  const optional = ['factors', 'init ms', 'RTT ms', 'RTT p95', 'bufferbloat ms']
  const shown = columns.filter(([head, value]) => !optional.includes(head) || cells.some((cell) => !['', '–'].includes(value(cell))))
  const table = new Table({
    head: shown.map(([head]) => head),
    colAligns: shown.map(([, , align]) => align),
    style: { head: color ? ['bold'] : [], border: color ? ['gray'] : [], compact: true },
  })
  for (const cell of cells) table.push(shown.map(([, value]) => value(cell)))
  return table.toString()
}

/** By how much a load lengthens the typical round trip; undefined where no idle one was measured. */
function bufferbloat(latency: ReportCell['latency']): number | undefined {
  return latency?.idleMs === undefined ? undefined : latency.medianMs - latency.idleMs
}

/** Cells of one ladder with the same verdict in one sentence; a doubt keeps its own. */
function fairnessSentences(findings: readonly FairnessFinding[]): readonly string[] {
  const groups = new Map<string, FairnessFinding[]>()
  for (const finding of findings) {
    const reasons = finding.verdict === 'inconclusive' ? finding.reasons.map(({ code }) => code) : finding.reasons
    const key = JSON.stringify([finding.direction, finding.factors, finding.memoryMb, finding.verdict, reasons])
    groups.set(key, [...(groups.get(key) ?? []), finding])
  }
  return [...groups.values()].map((group) => {
    const [first] = group as [FairnessFinding]
    if (group.length === 1) return describeFairness(first)
    const { concurrency: _, ...place } = first
    const levels = group.map(({ concurrency }) => concurrency).join(', ')
    const alone = describeFairness(first)
    if (first.verdict === 'inconclusive') return `${describePlace(place)}, n = ${levels}: cannot tell, because: ${codes(first.reasons)}.`
    const indices = group.map(({ jainCorrected }) => jainCorrected).filter((index) => index !== null)
    const index = indices.length === 0 ? '' : ` (corrected Jain index ${formatShare(Math.min(...indices))} or more)`
    return first.reasons.length > 0 ? alone : `${describePlace(place)}, n = ${levels}: ${first.verdict.toUpperCase()}${index}.`
  })
}

const codes = (reasons: readonly Reason[]): string =>
  reasons.length === 0
    ? 'no reason was given'
    : reasons.map(({ code, message }) => `${message.replace(/^n = [\d, n=]+: |\.$/g, '')} [${code}]`).join('; ')

function shortened(reasons: readonly Reason[]): readonly string[] {
  const lines = reasons.slice(0, mostLines).map(({ code, message }) => `${message} [${code}]`)
  return reasons.length > mostLines ? [...lines, `… and ${reasons.length - mostLines} more.`] : lines
}

/** Breaks at spaces; the lines after the first are indented. */
export function wrap(sentence: string, width: number): string {
  const lines: string[] = []
  let line = ' '
  for (const word of sentence.split(' ')) {
    if (line.trim() !== '' && line.length + word.length + 1 > width) {
      lines.push(line)
      line = '   '
    }
    line += ` ${word}`
  }
  return [...lines, line].join('\n')
}
