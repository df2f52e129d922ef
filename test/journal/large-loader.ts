import { loadJournal } from '../../src/journal/reader.ts'
import { experiment, round, sample, text } from './records.ts'

// Loads a journal that is made on the way, with so many intervals altogether; tells how many it kept and the memory that it took. Samples differ only in invocation.
const intervals = Number(process.argv[2])
const perSample = 500
const series = Array.from({ length: perSample }, (_, index): [number, number, number] => [1000 + index * 1.5, 1001.5 + index * 1.5, 80])
const measured = { intervals: series, bytes: perSample * 80, endedAtMs: 1000 + perSample * 1.5 }

async function* stream(): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text([experiment, round('a', { completed: true })]))
  for (let made = 0; made < intervals; made += perSample) {
    const { direction, ...undirected } = sample('a', made / perSample, measured)
    yield Buffer.from(text([(made / perSample) % 2 === 0 ? { ...undirected, direction } : undirected]))
  }
}

const { samples } = await loadJournal(stream())
let kept = 0
for (const { intervals: own = [] } of samples) kept += own.length
process.stdout.write(JSON.stringify({ kept, peakBytes: process.resourceUsage().maxRSS * 1024 }))
