import type { FixedWork } from '../../model/fixed-work.ts'
import type { Execution } from '../../pricing/execution-cost.ts'
import { ascending, median } from '../quantile.ts'
import { type Known, neighbourly } from './neighbourly.ts'
import { rateSurface } from './rate-surface.ts'
import { surfaceAt } from './surface.ts'
import { timeTrend } from './time-trend.ts'
import { dealt, inWaves, type Waves } from './waves.ts'
import type { WorkCell } from './work-cell.ts'

/** A cell whose memory is known, by the medians of its rounds. */
interface Typical {
  readonly memoryMb: number
  readonly concurrency: number
  readonly responseMs: number
  readonly aggregatedMs: number
  readonly together: number
  /** Between two chunks of a function. */
  readonly gapMs: number
  /** What an execution takes beside its chunks; undefined where no bill is known. */
  readonly besideMs: number | undefined
  /** Billed memory ÷ configured: other than 1 where a plan bills what it observes. */
  readonly billedMemory: number
  readonly perChunk: PerChunk
}

/** What is billed beside time, a chunk. */
type PerChunk = Required<Pick<Execution, 'egressBytes' | 'storageReads' | 'storageWrites'>>

/** What a configuration would take. */
export interface Predicted {
  readonly responseMs: number
  /** Undefined where no measured cell tells what executions take beside their chunks. */
  readonly executions: readonly Execution[] | undefined
}

/** Says what configurations between the measured ones would take; undefined outside of their memory sizes and concurrencies. */
export type Predictor = (memoryMb: number, concurrency: number) => Predicted | undefined

/**
 * From the measured cells of the same factors: the rate of a chunk by the joined models of sharing and memory, the time of the work by
 * waves; what the measured cells around it took more or less than that is carried over, nearer ones counting more.
 *
 * @returns undefined below two cells whose memory is known
 */
export function predictorOf(cells: readonly WorkCell[], work: FixedWork): Predictor | undefined {
  const known = cells.flatMap((cell) => typical(cell, work))
  if (known.length < 2) return undefined
  const surface = rateSurface(
    known.map(({ memoryMb, together, aggregatedMs }) => ({
      x: Math.log(together),
      z: Math.log(memoryMb),
      y: -Math.log(aggregatedMs / work.chunks),
    })),
  )
  if (surface === undefined) return undefined
  const placed = known.map((cell) => ({ cell, x: Math.log(cell.concurrency), z: Math.log(cell.memoryMb) }))
  const carried = (value: (cell: Typical) => number | undefined): readonly Known[] =>
    placed.flatMap(({ cell, x, z }) => {
      const own = value(cell)
      return own === undefined ? [] : [{ x, z, value: own }]
    })
  const gapMs = timeTrend(carried((cell) => cell.gapMs))
  const modelled = (memoryMb: number, concurrency: number): Waves => {
    const z = Math.log(memoryMb)
    const gap = gapMs({ x: Math.log(concurrency), z })
    return inWaves(work.chunks, concurrency, gap, (together) => Math.exp(-surfaceAt(surface, { x: Math.log(together), z })))
  }
  const waves = new Map(known.map((cell) => [cell, modelled(cell.memoryMb, cell.concurrency)]))
  const response = carried((cell) => Math.log(cell.responseMs / (waves.get(cell) as Waves).responseMs))
  const aggregated = carried((cell) => Math.log(cell.aggregatedMs / (waves.get(cell) as Waves).aggregatedMs))
  const beside = carried((cell) => cell.besideMs)
  const besideMs = timeTrend(beside)
  const billedMemory = carried((cell) => Math.log(cell.billedMemory))
  const perChunk = meanPerChunk(known.map((cell) => cell.perChunk))
  const [sizes, crowds] = [known.map(({ memoryMb }) => memoryMb), known.map(({ concurrency }) => concurrency)]
  return (memoryMb, concurrency) => {
    if (!inside(memoryMb, sizes) || !inside(concurrency, crowds)) return undefined
    const at = { x: Math.log(concurrency), z: Math.log(memoryMb) }
    const { responseMs, aggregatedMs } = modelled(memoryMb, concurrency)
    const chunkMs = (aggregatedMs * Math.exp(neighbourly(aggregated, at))) / work.chunks
    const executed = { memoryMb: memoryMb * Math.exp(neighbourly(billedMemory, at)), chunkMs, besideMs: besideMs(at) }
    return {
      responseMs: responseMs * Math.exp(neighbourly(response, at)),
      executions: beside.length === 0 ? undefined : dealtExecutions(work, concurrency, perChunk, executed),
    }
  }
}

const inside = (value: number, known: readonly number[]): boolean => value >= Math.min(...known) && value <= Math.max(...known)

/** As they are dealt out: in `pull` each of n functions moves its part, else each chunk is an execution. */
function dealtExecutions(
  { chunks, mode }: FixedWork,
  concurrency: number,
  perChunk: PerChunk,
  { memoryMb, chunkMs, besideMs }: { readonly memoryMb: number; readonly chunkMs: number; readonly besideMs: number },
): readonly Execution[] {
  const parts = mode === 'pull' ? dealt(chunks, concurrency) : [{ chunks: 1, functions: chunks }]
  return parts.map(
    (part): Execution => ({
      ms: Math.max(0, part.chunks * chunkMs + besideMs),
      memoryMb,
      count: part.functions,
      egressBytes: part.chunks * perChunk.egressBytes,
      storageReads: part.chunks * perChunk.storageReads,
      storageWrites: part.chunks * perChunk.storageWrites,
    }),
  )
}

const middle = (values: readonly number[]): number => median(ascending(values)) as number
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function typical({ memoryMb, concurrency, rounds }: WorkCell, { chunks }: FixedWork): readonly Typical[] {
  if (memoryMb === null || rounds.length === 0) return []
  const billed = rounds.flatMap(({ executions, aggregatedMs }) =>
    executions === undefined || executions.length === 0 ? [] : [{ executions, aggregatedMs }],
  )
  const all = billed.flatMap(({ executions }) => executions)
  const perChunk = (value: (execution: Execution) => number | undefined): number =>
    billed.length === 0 ? 0 : all.reduce((sum, execution) => sum + (value(execution) ?? 0), 0) / (billed.length * chunks)
  const beside = billed.map(
    ({ executions, aggregatedMs }) => (executions.reduce((sum, { ms }) => sum + ms, 0) - aggregatedMs) / executions.length,
  )
  const responseMs = middle(rounds.map((round) => round.responseMs))
  const aggregatedMs = middle(rounds.map((round) => round.aggregatedMs))
  return [
    {
      memoryMb,
      concurrency,
      responseMs,
      aggregatedMs,
      gapMs: Math.max(0, responseMs / Math.ceil(chunks / concurrency) - aggregatedMs / chunks),
      together: middle(rounds.map(({ together }) => together)),
      besideMs: beside.length === 0 ? undefined : middle(beside),
      billedMemory: all.length === 0 ? 1 : middle(all.map((execution) => execution.memoryMb)) / memoryMb,
      perChunk: {
        egressBytes: perChunk(({ egressBytes }) => egressBytes),
        storageReads: perChunk(({ storageReads }) => storageReads),
        storageWrites: perChunk(({ storageWrites }) => storageWrites),
      },
    },
  ]
}

function meanPerChunk(known: readonly PerChunk[]): PerChunk {
  return {
    egressBytes: mean(known.map(({ egressBytes }) => egressBytes)),
    storageReads: mean(known.map(({ storageReads }) => storageReads)),
    storageWrites: mean(known.map(({ storageWrites }) => storageWrites)),
  }
}
