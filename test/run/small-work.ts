import type { DealingMode } from '../../src/model/fixed-work.ts'
import type { Journal } from '../../src/model/journal.ts'
import type { Chunk, Sample } from '../../src/model/journal-record.ts'
import { httpDownload } from '../../src/probes/http-download/http-download.ts'
import { local } from '../../src/providers/local.ts'
import type { RunEvent } from '../../src/run/event.ts'
import { defineExperiment, type Experiment, type ExperimentOptions } from '../../src/run/experiment.ts'
import { type RunOptions, run } from '../../src/run/run.ts'

export const chunks = 16
export const chunkBytes = 250_000

/** One round, 1.6 s: four functions move 4 MB. */
export const smallWork = (mode: DealingMode, options: Partial<ExperimentOptions> = {}): Experiment =>
  defineExperiment({
    provider: local({ uplinkBitsPerSecond: 20e6, sharing: 'fifo' }),
    probe: httpDownload(),
    memoryMb: [512],
    concurrency: [4],
    repetitions: 1,
    work: { chunks, chunkBytes, mode },
    ...options,
  })

/** Runs it, and `breakIt` in the middle of the round. */
export async function runAndBreak(mode: DealingMode, breakIt: () => void, options: RunOptions = {}): Promise<Journal> {
  let broken: NodeJS.Timeout | undefined
  const onProgress = (event: RunEvent): void => {
    if (event.kind === 'round-started') broken ??= setTimeout(breakIt, 1000)
  }
  return await run(smallWork(mode), { ...options, onProgress }).finally(() => clearTimeout(broken))
}

export const triesOf = (samples: readonly Sample[]): readonly Chunk[] => samples.flatMap(({ chunks: tried = [] }) => tried)

/** Numbers of the chunks that count, ascending. */
export const movedIn = ({ samples }: Pick<Journal, 'samples'>): readonly number[] =>
  triesOf(samples)
    .filter(({ ok }) => ok)
    .map(({ id }) => Number(id))
    .toSorted((a, b) => a - b)

export const everyChunk: readonly number[] = Array.from({ length: chunks }, (_, chunk) => chunk)
