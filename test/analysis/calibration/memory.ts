import { analyzeJournal } from '../../../src/analysis/analyze-journal.ts'
import { type Random, seededRandom } from '../../../src/analysis/seeded-random.ts'
import type { MemoryFinding, MemoryVerdict } from '../../../src/model/report.ts'
import { lognormal, slowRound } from '../noise.ts'
import type { Row } from './figure.ts'
import { simulatedJournal } from './simulated-journal.ts'

const sizes = [128, 256, 512, 1024, 2048, 3008]

/** The truths of the notes, rate over memory in MB. */
const truths: readonly (readonly [truth: MemoryVerdict, curve: (random: Random) => (megabytes: number) => number])[] = [
  ['flat', () => () => 70],
  ['proportional', () => (megabytes) => 0.05 * megabytes],
  ['saturating', (random) => saturatingAt(256 * Math.exp(random() * Math.log(1707 / 256)))],
  ['sublinear', () => (megabytes) => 9.5 * Math.sqrt(megabytes / 128)],
]
const saturatingAt = (memory: number) => (megabytes: number) => Math.min(60, (60 * megabytes) / memory)

function memoryOf(rounds: number, cv: number, curve: (megabytes: number) => number, random: Random): MemoryFinding {
  const rates = ({ memoryMb }: { memoryMb: number }): readonly number[] => [
    curve(memoryMb) * lognormal(random, cv) * slowRound(0.05, random),
  ]
  return analyzeJournal(simulatedJournal({ concurrency: [1], memoryMb: sizes, rounds, rates })).memory[0] as MemoryFinding
}

const verdicts: Row = {
  name: 'memory, 5 rounds, cv 20 %',
  figures: (dataSets, seed) => {
    const random = seededRandom(seed)
    const found = truths.flatMap(([truth, curve]) =>
      Array.from({ length: dataSets }, () => ({ truth, ...memoryOf(5, 0.2, curve(random), random) })),
    )
    const right = found.filter(({ verdict, truth }) => verdict === truth)
    const clear = found.filter(({ verdict }) => verdict !== 'inconclusive').length
    const sure = found.filter(({ grade }) => grade === 'firm')
    return [
      { what: 'right', hits: right.length, of: found.length, bound: 'at least', gate: 0.95, goal: 0.98 },
      { what: 'wrong', hits: clear - right.length, of: found.length, bound: 'at most', gate: 0.015, goal: 0.005 },
      {
        what: '"firm": right',
        hits: sure.filter(({ verdict, truth }) => verdict === truth).length,
        of: sure.length,
        bound: 'at least',
        gate: 0.98,
        goal: 0.995,
      },
      ...truths.map(([name]) => ({
        what: `${name}: right`,
        hits: right.filter(({ truth }) => truth === name).length,
        of: dataSets,
        bound: 'at least' as const,
        gate: 0.9,
      })),
    ]
  },
}

/** Rates that the largest size raises by `factor` over the smallest one: the bound of a claim, which so may fail in 5 %. */
function notFlat(factor: number, cv: number, gate: number, claimed: (finding: MemoryFinding) => boolean, what: string): Row {
  return {
    name: `memory raises the rate by ${((factor - 1) * 100).toFixed(0)} %, 5 rounds, cv ${cv * 100} %`,
    figures: (dataSets, seed) => {
      const random = seededRandom(seed)
      const exponent = Math.log(factor) / Math.log(3008 / 128)
      const found = Array.from({ length: 2 * dataSets }, () => memoryOf(5, cv, (megabytes) => megabytes ** exponent, random))
      return [{ what, hits: found.filter(claimed).length, of: found.length, bound: 'at most', gate, goal: 0.05 }]
    },
  }
}

export const memoryRows: readonly Row[] = [
  verdicts,
  notFlat(1.1, 0.05, 0.07, ({ verdict, grade }) => verdict === 'flat' && grade === 'firm', 'read as flat, firm'),
  notFlat(1.6, 0.2, 0.07, ({ verdict }) => verdict === 'flat', 'read as flat'),
]
