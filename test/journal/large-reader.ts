import { readJournal } from '../../src/journal/reader.ts'
import { experiment, round, sample, text } from './records.ts'

// Reads a journal of the given size that is made on the way; tells how many records it had.
const bytes = Number(process.argv[2])
const samplesPerChunk = 500
const intervals = Array.from({ length: 12 }, (_, index): [number, number, number] => [1000 + index, 1001 + index, 80])
const chunk = Buffer.from(text(Array.from({ length: samplesPerChunk }, (_, index) => sample('a', index, { intervals }))))

async function* stream(): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text([experiment, round('a')]))
  for (let given = 0; given < bytes; given += chunk.length) yield chunk
}

let records = 0
for await (const _ of readJournal(stream())) records++
process.stdout.write(`${records} of ${2 + samplesPerChunk * Math.ceil(bytes / chunk.length)}\n`)
