import { invalidArgument } from './status-error.ts'

type Message = object

const RESTRICTION = /^(-|NOT\s+)?((?:[\w-]+|"[^"]*")(?:\.(?:[\w-]+|"[^"]*"))*)\s*(!=|:|=)\s*("[^"]*"|[^\s"()]+)$/

/**
 * Reads a filter as of aip.dev/160: restrictions with `=`, `!=` and `:` (has), negated or not, joined by AND and OR (which binds tighter).
 * @throws StatusError `INVALID_ARGUMENT`
 */
export function parseFilter(filter: string): (message: Message) => boolean {
  if (filter.trim() === '') return () => true
  const factors = filter.split(/\s+AND\s+/).map((factor) => factor.split(/\s+OR\s+/).map((term) => restriction(term.trim(), filter)))
  return (message) => factors.every((terms) => terms.some((matches) => matches(message)))
}

function restriction(term: string, filter: string): (message: Message) => boolean {
  const [, negation, path, comparator, argument] = RESTRICTION.exec(term) ?? []
  if (path === undefined || argument === undefined) throw invalidArgument(`Invalid filter: "${filter}".`)
  const names = (path.match(/"[^"]*"|[^.]+/g) ?? []).map(unquoted)
  const wanted = unquoted(argument)
  const matches = (message: Message): boolean => {
    const value = valueAt(message, names)
    if (comparator === '!=') return value !== wanted
    if (value === undefined) return false
    return (comparator === ':' && wanted === '*') || value === wanted
  }
  return (message) => matches(message) !== (negation !== undefined)
}

function valueAt(message: Message, names: readonly string[]): string | undefined {
  const value = names.reduce<unknown>((at, name) => {
    if (typeof at !== 'object' || at === null) return undefined
    return (at as Record<string, unknown>)[name] ?? (at as Record<string, unknown>)[camelCase(name)]
  }, message)
  return value === undefined || value === null ? undefined : String(value)
}

const unquoted = (text: string): string => text.replace(/^"(.*)"$/, '$1')
const camelCase = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
