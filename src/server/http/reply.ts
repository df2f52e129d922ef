import type { ServerResponse } from 'node:http'
import type { Answer } from '../worker-message.ts'

/** An answer that says what was wrong. */
export function failure(status: number, code: string, message: string): Answer {
  return { status, body: { error: { code, message } } }
}

/** Ends a response with JSON. */
export function reply(response: ServerResponse, { status, body }: Answer, headers: Readonly<Record<string, string>> = {}): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text), ...headers })
  response.end(text)
}
