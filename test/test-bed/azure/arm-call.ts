import { type Answer, armError, webError } from './answer.ts'
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

/** @throws Refusal 400 */
export function checkTags(tags: Readonly<Record<string, unknown>>): void {
  const entries = Object.entries(tags)
  if (entries.length > 50) throw armError(400, 'InvalidTags', `The resource has ${entries.length} tags; 50 are allowed.`)
  for (const [name, value] of entries) {
    if (name.length > 512 || /[<>%&\\?/]/.test(name))
      throw armError(400, 'InvalidTagNameCharacters', `The tag name '${name}' is not allowed.`)
    if (typeof value !== 'string' || value.length > 256)
      throw armError(400, 'InvalidTagValue', `The value of tag '${name}' is no text of at most 256 characters.`)
  }
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
