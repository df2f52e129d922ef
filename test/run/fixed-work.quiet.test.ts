import { afterEach, expect, test } from 'vitest'
import { measureWork, type WorkTimes } from '../../src/analysis/fixed-work.ts'
import { ascending, median } from '../../src/analysis/quantile.ts'
import type { DealingMode } from '../../src/model/fixed-work.ts'
import type { Journal } from '../../src/model/journal.ts'
import type { RoundRecord } from '../../src/model/journal-record.ts'
import { httpDownload } from '../../src/probes/http-download/http-download.ts'
import { type LocalOptions, local } from '../../src/providers/local.ts'
import { analyze } from '../../src/run/analyze.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'
import { fluidMakespanMs } from './fluid-work.ts'
import { leftOf } from './lab.ts'

afterEach(() => expect(leftOf(process.pid)).toEqual([]))

const modes: readonly DealingMode[] = ['pull', 'one-per-invocation']

/** Payload of a link: full packets, less headers of Ethernet, IP and TCP with timestamps. */
const payload = (bitsPerSecond: number): number => (bitsPerSecond * 1448) / 1514

interface Asked {
  readonly mode: DealingMode
  readonly options: LocalOptions
  readonly concurrency: readonly number[]
  readonly chunks: number
  readonly chunkBytes: number
  readonly repetitions: number
}

const measure = ({ mode, options, concurrency, chunks, chunkBytes, repetitions }: Asked): Promise<Journal> =>
  run(
    defineExperiment({
      provider: local(options),
      probe: httpDownload(),
      memoryMb: [1024],
      concurrency,
      repetitions,
      work: { mode, chunks, chunkBytes },
    }),
  )

const samplesOf = ({ samples }: Journal, { id }: RoundRecord) => samples.filter(({ round }) => round === id)

function timesOf(journal: Journal, round: RoundRecord): WorkTimes {
  const { work } = journal.experiment.plan
  if (work === undefined) throw new Error('The journal is of no fixed work.')
  const times = measureWork(round, samplesOf(journal, round), work)
  if ('code' in times) throw new Error(times.message)
  return times
}

/** From the end of a chunk to the start of the next one, where one function is alone: how long it takes without a queue on the way. */
function betweenMs(journal: Journal): number {
  const alone = journal.rounds.filter(({ concurrency }) => concurrency === 1)
  const gaps = alone.flatMap((round) => {
    const chunks = timesOf(journal, round).chunks.toSorted((a, b) => a.startMs - b.startMs)
    return chunks.slice(1).map(({ startMs }, index) => startMs - (chunks[index]?.endMs ?? startMs))
  })
  return median(ascending(gaps)) ?? 0
}

test.each(modes)('%s on a fifo uplink: each chunk once, in the time of the fluid model', { timeout: 120_000 }, async (mode) => {
  const uplinkBitsPerSecond = 100e6
  const concurrency = [1, 2, 4, 8, 16, 26]
  const chunks = 26
  // An invocation of its own takes its time to begin: then a chunk must take longer than that.
  const [chunkBytes, repetitions] = mode === 'pull' ? [1_000_000, 2] : [2_000_000, 1]
  const journal = await measure({
    mode,
    options: { uplinkBitsPerSecond, sharing: 'fifo' },
    concurrency,
    chunks,
    chunkBytes,
    repetitions,
  })
  const model = { chunks, chunkBytes, bitsPerSecond: payload(uplinkBitsPerSecond), betweenMs: betweenMs(journal) }
  const ratios = concurrency.map((functions) => {
    const rounds = journal.rounds.filter((round) => round.concurrency === functions)
    const took = rounds.map((round) => {
      const { chunks: moved, responseMs } = timesOf(journal, round)
      expect(moved.map(({ id }) => Number(id)).toSorted((a, b) => a - b)).toEqual(Array.from({ length: chunks }, (_, index) => index))
      return responseMs / fluidMakespanMs({ ...model, functions })
    })
    // What else this machine does can only make it slower.
    return Math.min(...took)
  })
  for (const ratio of ratios) expect(Math.abs(ratio - 1), ratios.join(' ')).toBeLessThan(0.05)
})

test.each(modes)('%s with functions of 30 Mbit/s on 120: the knee is at 4', { timeout: 120_000 }, async (mode) => {
  const options: LocalOptions = { uplinkBitsPerSecond: 120e6, sharing: 'capped', capBitsPerSecond: 30e6 }
  const concurrency = [1, 2, 3, 4, 6, 12]
  const journal = await measure({ mode, options, concurrency, chunks: 12, chunkBytes: 1_000_000, repetitions: 3 })
  const { costMap } = await analyze(journal)
  const [knee] = costMap?.knee ?? []
  expect(knee).toMatchObject({ along: 'concurrency', verdict: 'capped' })
  // While some are between two chunks, others have the link.
  const modelled = 4 * (1 + betweenMs(journal) / ((8000 * 1_000_000) / payload(30e6)))
  expect(modelled).toBeLessThan(4.8)
  expect(Math.abs((knee?.value ?? 0) / modelled - 1), `${knee?.value} for ${modelled}`).toBeLessThan(0.2)
})
