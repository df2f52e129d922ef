import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openJournal } from '../../src/journal/writer.ts'
import { NetfairError } from '../../src/model/errors.ts'
import { experiment, round, sample } from './records.ts'

// Fills the file system of the folder, then frees some of it; tells what happened as one JSON line.
const folder = process.argv[2] ?? ''
const path = join(folder, 'journal.ndjson')
const ballast = join(folder, 'ballast')
await writeFile(ballast, Buffer.alloc(16 * 1024))
const journal = await openJournal(path, { mode: 'create' })
await journal.append(experiment)
await journal.append(round('a'))
let kept = 2
let failure: NetfairError | undefined
for (let invocation = 0; invocation < 1000 && failure === undefined; invocation++) {
  try {
    await journal.append(sample('a', invocation, { facts: { padding: 'x'.repeat(3000) } }))
    kept++
  } catch (error) {
    if (!(error instanceof NetfairError)) throw error
    failure = error
  }
}
const full = await readFile(path, 'utf8')
await rm(ballast)
await journal.append(round('a', { completed: true }))
await journal.close()
const after = await readFile(path, 'utf8')
const { name, code, message } = failure ?? {}
process.stdout.write(`${JSON.stringify({ name, code, message, path, kept, full, after })}\n`)
