import type { NextRequest, ReadyRequest } from '../../model/target.ts'
import type { Answer, Question } from '../worker-message.ts'
import { failure } from './reply.ts'

/** The round's id out of `/rounds/{id}/…`; empty when it cannot be one. */
export function parseRoundId(path: string): string {
  try {
    const id = decodeURIComponent(path.split('/')[2] ?? '')
    return /^[\x21-\x7e]{1,200}$/.test(id) ? id : ''
  } catch {
    return ''
  }
}

/** Checks a {@link ReadyRequest}. */
export function parseReady(round: string, body: object): Question | Answer {
  const value = body as Readonly<Record<string, unknown>>
  const wrong =
    wrongRound(round) ??
    wrongNumber(value, 'expected', 1, 100_000, true) ??
    wrongNumber(value, 'invocation', 0, Number(value['expected']) - 1, true) ??
    wrongNumber(value, 'timeoutMs', 1, 3_600_000) ??
    (value['leadMs'] === undefined ? undefined : wrongNumber(value, 'leadMs', 0, 60_000))
  if (wrong !== undefined) return wrong
  const { invocation, expected, timeoutMs, leadMs } = body as ReadyRequest
  return { about: 'ready', round, request: { invocation, expected, timeoutMs, ...(leadMs !== undefined && { leadMs }) } }
}

/** Checks a {@link NextRequest}. */
export function parseNext(round: string, body: object): Question | Answer {
  const value = body as Readonly<Record<string, unknown>>
  const optional = (key: string, low: number, high: number, whole = false): Answer | undefined =>
    value[key] === undefined ? undefined : wrongNumber(value, key, low, high, whole)
  const wrong =
    wrongRound(round) ??
    wrongNumber(value, 'invocation', 0, 100_000, true) ??
    wrongNumber(value, 'chunks', 1, 1e9, true) ??
    optional('done', 0, Number(value['chunks']) - 1, true) ??
    optional('failed', 0, Number(value['chunks']) - 1, true) ??
    optional('leaseMs', 1, 86_400_000) ??
    (value['gone'] === undefined ? undefined : wrongWord(value['gone'], 'gone', ['ended', 'lost']))
  if (wrong !== undefined) return wrong
  const { invocation, chunks, done, failed, leaseMs, gone } = body as NextRequest
  const told = { ...(done !== undefined && { done }), ...(failed !== undefined && { failed }), ...(gone !== undefined && { gone }) }
  return { about: 'next', round, request: { invocation, chunks, ...told, ...(leaseMs !== undefined && { leaseMs }) } }
}

function wrongRound(round: string): Answer | undefined {
  return round === '' ? failure(400, 'INVALID_VALUE', 'The id of a round is 1 to 200 printable ASCII characters.') : undefined
}

function wrongNumber(value: Readonly<Record<string, unknown>>, key: string, low: number, high: number, whole = false): Answer | undefined {
  const given = value[key]
  const right = typeof given === 'number' && given >= low && given <= high && (!whole || Number.isInteger(given))
  const kind = whole ? 'a whole number' : 'a number'
  const shown = JSON.stringify(given)?.slice(0, 40) ?? 'nothing'
  return right ? undefined : failure(400, 'INVALID_VALUE', `${key} must be ${kind} from ${low} to ${high}, got ${shown}.`)
}

function wrongWord(given: unknown, key: string, allowed: readonly string[]): Answer | undefined {
  const shown = JSON.stringify(given)?.slice(0, 40)
  return allowed.includes(String(given))
    ? undefined
    : failure(400, 'INVALID_VALUE', `${key} must be one of ${allowed.join(', ')}, got ${shown}.`)
}
