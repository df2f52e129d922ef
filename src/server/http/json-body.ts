import type { IncomingMessage } from 'node:http'
import type { Answer } from '../worker-message.ts'
import { failure } from './reply.ts'

const MAX_BODY_BYTES = 64 * 1024

/** A small JSON object that was sent, or the answer to what was sent instead. Resolves with nothing when the client has gone. */
export function readJsonBody(
  request: IncomingMessage,
  waitMs: number,
): Promise<{ readonly value: object } | { readonly refused: Answer } | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    const timer = setTimeout(() => finish({ refused: failure(408, 'TIMEOUT', `The body did not come within ${waitMs} ms.`) }), waitMs)
    const finish = (result: Parameters<typeof resolve>[0]): void => {
      clearTimeout(timer)
      resolve(result)
    }
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= MAX_BODY_BYTES) chunks.push(chunk)
      else finish({ refused: failure(413, 'BODY_TOO_LARGE', `The body is longer than ${MAX_BODY_BYTES} bytes.`) })
    })
    request.once('end', () => finish(parseObject(Buffer.concat(chunks).toString('utf8'))))
    request.once('close', () => finish(undefined))
  })
}

function parseObject(text: string): { readonly value: object } | { readonly refused: Answer } {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { value }
  } catch {
    // Said below.
  }
  return { refused: failure(400, 'INVALID_JSON', 'The body must be a JSON object.') }
}
