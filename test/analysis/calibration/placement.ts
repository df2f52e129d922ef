import { analyzeJournal } from '../../../src/analysis/analyze-journal.ts'
import { seededRandom } from '../../../src/analysis/seeded-random.ts'
import type { SharingFinding } from '../../../src/model/report.ts'
import { grid, lognormal } from '../noise.ts'
import { truths } from './sharing.ts'
import { type Place, simulatedJournal } from './simulated-journal.ts'

/** Whether nothing of the cap shows up to there. */
const uncapped = (curve: (n: number) => number, upTo: number | null): boolean => upTo !== null && curve(upTo) > 0.9 * curve(1)

export interface Placed {
  readonly verdicts: number
  readonly right: number
  readonly wrong: number
  readonly sure: number
  readonly sureAndRight: number
}

/**
 * Rounds of twice the usual numbers over two hosts at random: how many land on each differs from round to round. Rates follow the number on
 * the same host; hosts differ (cv 20 %), rounds too (cv 10 %, the same for both hosts), and both together (cv 10 %).
 */
export function placedSharing(dataSets: number, rounds: number, seed: number): Placed {
  const random = seededRandom(seed)
  const found = truths.flatMap(([truth, curveOf]) =>
    Array.from({ length: dataSets }, () => {
      const curve = curveOf(random)
      const factors = [lognormal(random, 0.2), lognormal(random, 0.2)]
      const hosts: number[][] = []
      const rates = ({ n }: Place): readonly number[] => {
        const share = 0.3 + 0.4 * random()
        const own = Array.from({ length: n }, (_, index) => (index < Math.round(n * share) ? 0 : 1))
        hosts.push(own)
        const moment = lognormal(random, 0.1)
        const noise = [lognormal(random, 0.1), lognormal(random, 0.1)]
        return own.map((host) => {
          const together = own.filter((other) => other === host).length
          return curve(together) * (factors[host] ?? 1) * moment * (noise[host] ?? 1)
        })
      }
      const journal = simulatedJournal({ concurrency: grid.map((n) => 2 * n), rounds, rates })
      const placed = hosts.flat()
      const samples = journal.samples.map((sample, index) => ({ ...sample, host: `host-${placed[index]}` }))
      const [finding] = analyzeJournal({ ...journal, samples }, { fairnessResamples: 1 }).sharing
      return {
        truth: truth === 'capped' && uncapped(curve, finding?.upToConcurrency ?? null) ? 'isolated' : truth,
        ...(finding as SharingFinding),
      }
    }),
  )
  const right = found.filter(({ verdict, truth }) => verdict === truth)
  const decided = found.filter(({ verdict }) => verdict !== 'inconclusive')
  const sure = decided.filter(({ confidence }) => (confidence ?? 0) >= 0.9)
  return {
    verdicts: found.length,
    right: right.length,
    wrong: decided.length - right.length,
    sure: sure.length,
    sureAndRight: sure.filter((each) => right.includes(each)).length,
  }
}
