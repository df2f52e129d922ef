import type { FileHandle } from 'node:fs/promises'
import { InputError } from '../model/errors.ts'
import { recordProblem } from './record-check.ts'

/** Where a resumed journal goes on. */
export interface ResumePoint {
  /** Bytes to keep. */
  readonly keep: number
  /** The last kept line is whole but has no newline. */
  readonly needsNewline: boolean
}

const blockBytes = 64 * 1024

/**
 * Finds where to go on in an interrupted journal: after its last whole line.
 * @throws InputError `BROKEN_JOURNAL` where the file does not begin like a journal: nothing is cut off from a foreign file
 */
export async function findResumePoint(file: FileHandle, path: string): Promise<ResumePoint> {
  const { size } = await file.stat()
  const tailStart = await lastLineStart(file, size)
  if (size > 0 && !(await beginsLikeJournal(file, tailStart))) {
    throw new InputError('BROKEN_JOURNAL', `${path}: line 1 is broken: it is no record of netfair.`, {
      hint: 'Resume the journal of an interrupted run, or choose another path.',
    })
  }
  if (tailStart === size) return { keep: size, needsNewline: false }
  const whole = parses(await text(file, tailStart, size))
  return whole ? { keep: size, needsNewline: true } : { keep: tailStart, needsNewline: false }
}

/** Offset after the last newline. */
async function lastLineStart(file: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(blockBytes)
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - blockBytes)
    const { bytesRead } = await file.read(block, 0, end - start, start)
    const newline = block.subarray(0, bytesRead).lastIndexOf(0x0a)
    if (newline !== -1) return start + newline + 1
    end = start
  }
  return 0
}

async function beginsLikeJournal(file: FileHandle, tailStart: number): Promise<boolean> {
  if (tailStart === 0) return (await text(file, 0, 1)) === '{'
  for (let length = blockBytes; ; length *= 4) {
    const start = await text(file, 0, Math.min(length, tailStart))
    const end = start.indexOf('\n')
    if (end !== -1) return parses(start.slice(0, end))
  }
}

async function text(file: FileHandle, start: number, end: number): Promise<string> {
  const buffer = Buffer.alloc(end - start)
  const { bytesRead } = await file.read(buffer, 0, buffer.length, start)
  return buffer.toString('utf8', 0, bytesRead)
}

function parses(line: string): boolean {
  try {
    return recordProblem(JSON.parse(line)) === undefined
  } catch {
    return false
  }
}
