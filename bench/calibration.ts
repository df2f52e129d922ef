/**
 * Error rates of every verdict and coverage of every interval, on simulated data sets of known truth, with the gate and the goal.
 * `node bench/calibration.ts [--data-sets 250] [--seed 990017] [--only text]`; some minutes.
 */
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { burstRows } from '../test/analysis/calibration/burst.ts'
import { coverageRows } from '../test/analysis/calibration/coverage.ts'
import { fairnessRows } from '../test/analysis/calibration/fairness.ts'
import { type Figure, keeps, type Row, share } from '../test/analysis/calibration/figure.ts'
import { memoryRows } from '../test/analysis/calibration/memory.ts'
import { sharingRows } from '../test/analysis/calibration/sharing.ts'

const { values } = parseArgs({
  options: {
    'data-sets': { type: 'string', default: '250' },
    seed: { type: 'string', default: '990017' },
    only: { type: 'string', default: '' },
  },
})
const dataSets = Number(values['data-sets'])
const seed = Number(values.seed)
const rows: readonly Row[] = [...sharingRows, ...memoryRows, ...fairnessRows, ...coverageRows, ...burstRows].filter(({ name }) =>
  name.includes(values.only),
)

const table = new Table({
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  head: ['simulation', 'share', 'reached', 'of', 'gate', 'goal', ''],
  style: { head: [], border: [] },
})
let missed = 0
for (const { name, figures } of rows) {
  process.stderr.write(`${name} …\n`)
  for (const figure of figures(dataSets, seed)) {
    if (!keeps(figure)) missed++
    table.push([
      name,
      figure.what,
      percent(share(figure)),
      figure.of,
      bound(figure, figure.gate),
      bound(figure, figure.goal),
      verdict(figure),
    ])
  }
}
console.log(`${dataSets} data sets a truth, seed ${seed}`)
console.log(table.toString())
console.log(missed === 0 ? 'Every gate is kept.' : `${missed} gates are missed.`)

function verdict(figure: Figure): string {
  if (!keeps(figure)) return 'MISSED'
  return figure.goal !== undefined && keeps({ ...figure, gate: figure.goal }) ? 'goal' : 'gate'
}

function bound({ bound: side }: Figure, value: number | undefined): string {
  return value === undefined ? '' : `${side === 'at least' ? '≥' : '≤'} ${percent(value)}`
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`
}
