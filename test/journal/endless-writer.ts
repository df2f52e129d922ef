import { openJournal } from '../../src/journal/writer.ts'
import { experiment, round, sample } from './records.ts'

// Appends until it is killed; says after each append how many records are on disk.
const [, , path = '', mode = 'create'] = process.argv
const journal = await openJournal(path, { mode: mode === 'resume' ? 'resume' : 'create' })
let written = 0
const append = async (record: Parameters<typeof journal.append>[0]): Promise<void> => {
  await journal.append(record)
  process.stdout.write(`${++written}\n`)
}
if (mode === 'create') await append(experiment)
for (let index = 0; ; index++) {
  const id = `${mode}-${process.pid}-${index}`
  await append(round(id))
  await append(sample(id, 0, { facts: { padding: 'x'.repeat(20_000) } }))
}
