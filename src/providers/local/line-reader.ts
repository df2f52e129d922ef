import type { Readable } from 'node:stream'

/** No message of an agent is longer; more is not kept in memory. */
const MAX_LINE_CHARACTERS = 64 * 2 ** 20

/** Calls back with every line; one that grows beyond all bounds is dropped. */
export function onLines(stream: Readable, handle: (line: string) => void): void {
  let pending = ''
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (pending + text).split('\n')
    pending = lines.pop() ?? ''
    if (pending.length > MAX_LINE_CHARACTERS) pending = ''
    for (const line of lines) handle(line)
  })
}

/** The value of a line of JSON; undefined where it is none. */
export function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** Keeps the end of what a program says, for messages. */
export function keepTail(stream: Readable, characters = 2000): () => string {
  let tail = ''
  stream.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-characters)
  })
  return () => tail.trim()
}
