import { InputError } from '../model/errors.ts'

/** A path, or the bytes themselves (standard input). */
export type JournalSource = string | AsyncIterable<Uint8Array>

/** One line of a file, without its newline. */
export interface Line {
  readonly number: number
  readonly text: string
  /** False only for a last line without newline: it may be torn. */
  readonly terminated: boolean
}

/** Longest line that is read: a sample of 26 hours in intervals of 100 ms. */
const maximumLineBytes = 64 * 1024 * 1024
const newline = 0x0a

/** Splits a file into lines, one batch a chunk, in constant memory. A byte order mark at its start is passed over. */
export async function* lineBatches(source: JournalSource, name: string): AsyncGenerator<Line[]> {
  let number = 0
  const decoded = (bytes: Buffer): string => (number === 0 ? bytes.toString('utf8').replace(/^\uFEFF/, '') : bytes.toString('utf8'))
  let open: Buffer[] = []
  let openBytes = 0
  for await (const chunk of chunks(source, name)) {
    const batch: Line[] = []
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const tail = chunk.subarray(start, end)
      const text = decoded(open.length === 0 ? tail : Buffer.concat([...open, tail]))
      batch.push({ number: ++number, text, terminated: true })
      open = []
      openBytes = 0
      start = end + 1
    }
    if (start < chunk.length) {
      open.push(chunk.subarray(start))
      openBytes += chunk.length - start
      if (openBytes > maximumLineBytes) throw tooLong(name, number + 1)
    }
    yield batch
  }
  if (open.length > 0) yield [{ number: number + 1, text: decoded(Buffer.concat(open)), terminated: false }]
}

async function* chunks(source: JournalSource, name: string): AsyncGenerator<Buffer> {
  if (typeof source !== 'string') {
    for await (const chunk of source) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    return
  }
  // Loaded on first use: importing netfair must stay cheap.
  const { createReadStream } = await import('node:fs')
  const stream = createReadStream(source, { highWaterMark: 1024 * 1024 })
  try {
    yield* stream as AsyncIterable<Buffer>
  } catch (cause) {
    throw unreadable(name, cause)
  } finally {
    stream.destroy()
  }
}

function tooLong(name: string, line: number): InputError {
  return new InputError('BROKEN_JOURNAL', `${name}: line ${line} is broken: longer than ${maximumLineBytes} bytes.`, {
    hint: 'This is not a journal of netfair.',
  })
}

function unreadable(name: string, cause: unknown): unknown {
  const code = (cause as NodeJS.ErrnoException).code
  if (code === 'ENOENT') {
    return new InputError('JOURNAL_NOT_FOUND', `${name}: there is no such journal.`, { hint: 'Check the path.', cause })
  }
  if (code === undefined) return cause
  return new InputError('JOURNAL_UNREADABLE', `${name}: cannot be read (${code}).`, { hint: 'Give a file that you may read.', cause })
}
