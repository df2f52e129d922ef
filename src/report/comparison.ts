import { styleText } from 'node:util'
import Table from 'cli-table3'
import type { ComparedCell, Comparison } from '../analysis/compare/comparison.ts'
import type { Report } from '../model/report.ts'
import { describePlace } from './describe.ts'
import { formatFactors, formatNumber, formatShare } from './format.ts'
import { letter, standings } from './standings.ts'
import { type RenderOptions, wrap } from './table.ts'

/**
 * The comparison for people: who is who; rate, fairness and verdict of each journal in each cell with its standing; then every pair.
 * @param reports - of the same journals, in the same order
 */
export function renderComparison(comparison: Comparison, reports: readonly Report[], options: RenderOptions = {}): string {
  const { color = false, width = 100 } = options
  const bold = (text: string): string => (color ? styleText('bold', text, { validateStream: false }) : text)
  const style = { head: color ? ['bold'] : [], border: color ? ['gray'] : [], compact: true }
  const names = comparison.journals.map(({ name, provider, probe }, index) => {
    const where = [provider.name, provider.variant, provider.region, provider.tier].filter((part) => part !== undefined).join(' ')
    return `  ${letter(index)}: ${name} (${probe.name} on ${where})`
  })
  const sections: (readonly [title: string, body: string])[] = [
    ['Compared', names.join('\n')],
    ['Standings', standingsTable(comparison, reports, style)],
    ['Pairs', pairsTable(comparison, style)],
    [
      'Cannot tell, because',
      doubts(comparison.cells)
        .map((line) => wrap(line, width))
        .join('\n'),
    ],
  ]
  const told = sections.filter(([, body]) => body !== '').map(([title, body]) => `${bold(title)}\n${body}\n`)
  return told.join('\n')
}

type Style = NonNullable<Table.TableConstructorOptions['style']>

function standingsTable(comparison: Comparison, reports: readonly Report[], style: Style): string {
  const table = new Table({
    head: ['cell', 'journal', 'Mbit/s each', 'Jain', 'fairness', 'sharing', 'standing'],
    colAligns: ['left', 'left', 'right', 'right', 'left', 'left', 'left'],
    style,
  })
  for (const { place, journal, rate, jain, fairness, sharing, standing } of standings(comparison, reports))
    table.push([place, letter(journal), rate === null ? '–' : formatNumber(rate / 1e6), formatShare(jain), fairness, sharing, standing])
  return table.toString()
}

function pairsTable({ cells }: Comparison, style: Style): string {
  const table = new Table({
    head: ['direction', 'factors', 'memory MB', 'n', 'pair', 'ratio', '95 %', 'effect', 'p (Holm)', 'verdict'],
    colAligns: ['left', 'left', 'right', 'right', 'left', 'right', 'left', 'right', 'right', 'left'],
    style,
  })
  for (const cell of cells) table.push(pairRow(cell))
  return table.toString()
}

function pairRow(cell: ComparedCell): string[] {
  const { baseline, candidate, ratio, interval, effect, pHolm } = cell
  return [
    cell.direction,
    formatFactors(cell.factors),
    `${cell.memoryMb ?? '–'}`,
    `${cell.concurrency}`,
    `${letter(candidate)} ÷ ${letter(baseline)}`,
    ratio === null ? '–' : formatNumber(ratio),
    interval === null ? '–' : `${formatNumber(interval.low)} to ${formatNumber(interval.high)}`,
    effect === null ? '–' : formatNumber(effect),
    pHolm === null ? '–' : pHolm < 0.001 ? '< 0.001' : pHolm.toFixed(3),
    cell.verdict,
  ]
}

/** Each reason once, with the cells that it holds for. */
function doubts(cells: readonly ComparedCell[]): readonly string[] {
  const places = new Map<string, string[]>()
  for (const cell of cells) {
    for (const { code, message } of cell.reasons) {
      const key = `${message} [${code}]`
      places.set(key, [...(places.get(key) ?? []), `${letter(cell.candidate)} ÷ ${letter(cell.baseline)}, ${describePlace(cell)}`])
    }
  }
  return [...places].map(([reason, where]) => {
    const more = where.length > 3 ? ` and ${where.length - 3} more` : ''
    return `${reason} (${where.slice(0, 3).join('; ')}${more})`
  })
}
