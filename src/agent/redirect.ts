import { MeasurementError } from '../model/errors.ts'
import { type HttpHead, malformed } from './http-head.ts'

export const MAX_REDIRECTS = 5
const STATUSES = new Set([301, 302, 303, 307, 308])

/**
 * Where an answer leads to; undefined where it is no redirect.
 * @throws MeasurementError `HTTP_MALFORMED` where that is no http(s) URL
 */
export function redirectOf({ status, headers }: HttpHead, from: URL): URL | undefined {
  const location = headers.get('location')
  if (!STATUSES.has(status) || location === undefined) return undefined
  const target = URL.parse(location, from.href)
  if (target?.protocol !== 'http:' && target?.protocol !== 'https:') throw malformed(`Location ${JSON.stringify(location.slice(0, 80))}`)
  return target
}

export function redirectNotAllowed(from: URL, to: URL): MeasurementError {
  return new MeasurementError('TARGET_NOT_ALLOWED', `${shown(from)} redirects to ${to.origin}, which is not allowed.`, {
    hint: `Add "${to.origin}" to \`allowOrigins\`.`,
  })
}

export function tooManyRedirects(from: URL): MeasurementError {
  return new MeasurementError('TOO_MANY_REDIRECTS', `${shown(from)} redirects more than ${MAX_REDIRECTS} times.`, {
    hint: 'Give the URL that the redirects are meant to lead to.',
  })
}

/** Without its query, which may hold a signature. */
const shown = ({ origin, pathname }: URL): string => `${origin}${pathname}`.slice(0, 300)
