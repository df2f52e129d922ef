import { analyzeJournal } from '../../../src/analysis/analyze-journal.ts'
import { type Random, seededRandom } from '../../../src/analysis/seeded-random.ts'
import type { SharingFinding, SharingVerdict } from '../../../src/model/report.ts'
import { grid, lognormal, type Noise, noisyRound, slowRound } from '../noise.ts'
import type { Figure, Row } from './figure.ts'
import { type Place, simulatedJournal } from './simulated-journal.ts'

/** The four truths of the notes, bits per second of one function among n. */
export const truths: readonly (readonly [truth: SharingVerdict, curve: (random: Random) => (n: number) => number])[] = [
  ['isolated', () => () => 50],
  ['shared', () => (n) => 70 / n],
  ['capped', (random) => cappedAt(randomKnee(random))],
  ['degrading', (random) => degradingBy([1.15, 1.3, 1.5][Math.floor(random() * 3)] ?? 1.3)],
]

export const randomKnee = (random: Random): number => Math.exp(Math.log(2) + random() * Math.log(6.5))
export const cappedAt = (knee: number) => (n: number) => Math.min(30, (30 * knee) / n)
const degradingBy = (exponent: number) => (n: number) => 70 * n ** -exponent

const options = { fairnessResamples: 1 }

export function sharingOf(rounds: number, rates: (place: Place) => readonly number[], host?: (place: Place) => string): SharingFinding {
  const simulation = { concurrency: grid, rounds, rates, ...(host !== undefined && { host }) }
  return analyzeJournal(simulatedJournal(simulation), options).sharing[0] as SharingFinding
}

const noisy =
  (curve: (n: number) => number, noise: Noise, random: Random) =>
  ({ n }: Place) =>
    noisyRound(curve(n), n, noise, random)

/** Verdicts on data sets of every truth, with the one that is right. */
function verdicts(noise: Noise, dataSets: number, seed: number): readonly (SharingFinding & { readonly truth: SharingVerdict })[] {
  const random = seededRandom(seed)
  return truths.flatMap(([truth, curve]) =>
    Array.from({ length: dataSets }, () => ({ ...sharingOf(noise.rounds, noisy(curve(random), noise, random)), truth })),
  )
}

function scored(name: string, noise: Noise, gates: readonly (readonly [what: 'right' | 'wrong', gate: number, goal: number])[]): Row {
  return {
    name,
    figures: (dataSets, seed) => {
      const found = verdicts(noise, dataSets, seed)
      const right = found.filter(({ verdict, truth }) => verdict === truth).length
      const unclear = found.filter(({ verdict }) => verdict === 'inconclusive').length
      const hits = { right, wrong: found.length - right - unclear }
      const sure = found.filter(({ verdict, confidence }) => verdict !== 'inconclusive' && (confidence ?? 0) >= 0.9)
      return [
        ...gates.map(([what, gate, goal]): Figure => bounded(what, hits[what], found.length, gate, goal)),
        bounded(
          'right',
          sure.filter(({ verdict, truth }) => verdict === truth).length,
          sure.length,
          0.98,
          0.995,
          'of confidence ≥ 0.9: right',
        ),
      ]
    },
  }
}

const bounded = (kind: 'right' | 'wrong', hits: number, of: number, gate: number, goal: number, what: string = kind): Figure => ({
  what,
  hits,
  of,
  bound: kind === 'right' ? 'at least' : 'at most',
  gate,
  goal,
})

/** Shares of a constant total that differ from function to function, dealt out anew in each round: Jain's index 0.7 to 0.9. */
function fifoRound(n: number, total: number, unevenness: number, random: Random): readonly number[] {
  const weights = Array.from({ length: n }, () => lognormal(random, unevenness))
  const moved = total * lognormal(random, 0.14) * slowRound(0.05, random)
  const sum = weights.reduce((all, weight) => all + weight, 0)
  return weights.map((weight) => (moved * weight) / sum)
}

const fifo: Row = {
  name: 'shared, unequal shares (Jain 0.7 to 0.9 in a round), 5 rounds',
  figures: (dataSets, seed) => {
    const random = seededRandom(seed)
    const found = Array.from({ length: 2 * dataSets }, () => {
      const unevenness = 0.33 + 0.32 * random()
      return sharingOf(5, ({ n }) => fifoRound(n, 70, unevenness, random)).verdict
    })
    const read = (verdict: SharingVerdict): number => found.filter((name) => name === verdict).length
    return [
      {
        what: 'read as degrading',
        hits: read('degrading') + read('capped-degrading'),
        of: found.length,
        bound: 'at most',
        gate: 0.01,
        goal: 0,
      },
      bounded('right', read('shared'), found.length, 0.9, 0.95),
    ]
  },
}

const steep: Row = {
  name: 'β = 1.15, 5 rounds, cv 20 %',
  figures: (dataSets, seed) => {
    const random = seededRandom(seed)
    const noise = { rounds: 5, cv: 0.2 }
    const found = Array.from({ length: 2 * dataSets }, () => sharingOf(5, noisy(degradingBy(1.15), noise, random)).verdict)
    const right = found.filter((name) => name === 'degrading').length
    const wrong = found.length - right - found.filter((name) => name === 'inconclusive').length
    return [bounded('right', right, found.length, 0.75, 0.85), bounded('wrong', wrong, found.length, 0.05, 0.03)]
  },
}

/** Each of three hosts runs every level once; a round has one rate, with noise of 10 %. */
const blocked: Row = {
  name: 'hosts differ by cv 40 %, blocked, 3 rounds, cv 10 %',
  figures: (dataSets, seed) => {
    const random = seededRandom(seed)
    const found = truths.flatMap(([truth, curveOf]) =>
      Array.from({ length: dataSets }, () => {
        const curve = curveOf(random)
        const hosts = Array.from({ length: 3 }, () => lognormal(random, 0.4))
        const rates = ({ n, repetition }: Place): readonly number[] => {
          const rate = curve(n) * (hosts[repetition] as number) * lognormal(random, 0.1)
          return Array.from({ length: n }, () => rate)
        }
        return sharingOf(3, rates, ({ repetition }) => `host-${repetition}`).verdict === truth
      }),
    )
    return [bounded('right', found.filter(Boolean).length, found.length, 0.97, 0.99)]
  },
}

const knees: Row = {
  name: 'knee in [2, 13], 5 rounds, cv 20 %',
  figures: (dataSets, seed) => {
    const random = seededRandom(seed)
    const noise = { rounds: 5, cv: 0.2 }
    const errors = Array.from({ length: 2 * dataSets }, () => {
      const truth = randomKnee(random)
      const { knee } = sharingOf(5, noisy(cappedAt(truth), noise, random))
      return knee === null
        ? null
        : {
            error: Math.abs(knee.value / truth - 1),
            covered: (knee.low ?? 0) <= truth && truth <= (knee.high ?? 0),
            printed: knee.low !== null,
          }
    }).filter((each) => each !== null)
    const printed = errors.filter((each) => each.printed)
    return [
      bounded('right', errors.filter(({ error }) => error <= 0.2).length, errors.length, 0.9, 0.9, 'within ± 20 %'),
      bounded('right', errors.filter(({ error }) => error <= 0.15).length, errors.length, 0, 0.9, 'within ± 15 %'),
      bounded('right', printed.filter(({ covered }) => covered).length, printed.length, 0.93, 0.95, 'interval covers'),
    ]
  },
}

/** The flag "none of the models fits well", where one does and where none does. */
function lackOfFit(rounds: number): Row {
  return {
    name: `lack of fit, ${rounds} rounds, cv 20 %`,
    figures: (dataSets, seed) => {
      const noise = { rounds, cv: 0.2 }
      const random = seededRandom(seed)
      const flagged = (curve: (n: number) => number): boolean => sharingOf(rounds, noisy(curve, noise, random)).lackOfFit?.flagged === true
      const alarms = truths.flatMap(([, curve]) => Array.from({ length: dataSets }, () => flagged(curve(random)))).filter(Boolean).length
      const dips = Array.from({ length: dataSets }, () => flagged((n) => (n === 8 ? 10 : 30))).filter(Boolean).length
      return [
        { what: 'flagged, a model fits', hits: alarms, of: truths.length * dataSets, bound: 'at most', gate: 0.03, goal: 0.01 },
        { what: 'flagged, one level at a third', hits: dips, of: dataSets, bound: 'at least', gate: 0.9, goal: 0.99 },
      ]
    },
  }
}

export const sharingRows: readonly Row[] = [
  scored('sharing, 5 rounds, cv 20 %', { rounds: 5, cv: 0.2 }, [['right', 0.94, 0.96], ['wrong', 0.025, 0.01]]), // biome-ignore format: a table
  scored('sharing, 5 rounds, cv 10 %', { rounds: 5, cv: 0.1 }, [['right', 0.98, 0.995], ['wrong', 0.01, 0.002]]), // biome-ignore format: a table
  scored('sharing, 3 rounds, cv 20 %', { rounds: 3, cv: 0.2 }, [['right', 0, 0.9], ['wrong', 0.06, 0.03]]), // biome-ignore format: a table
  scored('sharing, 10 rounds, cv 40 %', { rounds: 10, cv: 0.4 }, [['right', 0.89, 0.93], ['wrong', 0.045, 0.02]]), // biome-ignore format: a table
  steep,
  fifo,
  blocked,
  knees,
  lackOfFit(5),
  lackOfFit(6),
  lackOfFit(10),
]
