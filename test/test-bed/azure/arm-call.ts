import type { Answer } from './answer.ts'
import { webError } from './answer.ts'
import type { Fault } from './faults.ts'
import type { Call } from './https-server.ts'

/** A request to one resource, token and api-version checked. */
export interface ArmCall {
  readonly url: URL
  /** What the path names: site, function, account. */
  readonly names: readonly string[]
  readonly body: Readonly<Record<string, unknown>>
  readonly fault: Fault | undefined
  /** `https://<host>` of the Resource Manager. */
  readonly origin: string
}

export interface Route {
  readonly operation: string
  readonly method: string
  /** Under the subscription, without slash at the end; `{}` is a name. */
  readonly path: string
  answer(call: ArmCall): Answer | Promise<Answer>
}

/** @throws Refusal 400 */
export function jsonBody(call: Call): Readonly<Record<string, unknown>> {
  if (call.body.length === 0) return {}
  try {
    const value: unknown = JSON.parse(call.body.toString())
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  } catch {}
  throw webError(400, 'BadRequest', 'The request content was invalid and could not be deserialized.')
}

/** One page of a list; the next is named by `nextLink`. */
export function page(items: readonly unknown[], { url, origin }: ArmCall, size: number): Answer {
  const from = Number(url.searchParams.get('$skipToken') ?? 0)
  const value = items.slice(from, from + size)
  if (from + size >= items.length) return { status: 200, body: { value, nextLink: null } }
  const next = new URL(`${origin}${url.pathname}${url.search}`)
  next.searchParams.set('$skipToken', String(from + size))
  return { status: 200, body: { value, nextLink: next.href } }
}
