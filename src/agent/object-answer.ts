import { MeasurementError } from '../model/errors.ts'
import { type HttpHead, malformed } from './http-head.ts'

/** A refusal that may be over at the next request: nothing of the object has come. */
export class TryAgain extends MeasurementError {
  /** As the server asks for; absent where it does not. */
  readonly afterMs: number | undefined

  constructor(error: MeasurementError, afterMs?: number) {
    super(error.code, error.message, { hint: error.hint })
    this.afterMs = afterMs
  }
}

/** Too many requests, and servers that are busy, broken or on their way: what the SDKs try again, too. */
const TRANSIENT = new Set([429, 500, 502, 503, 504])
/** Not all stores say it; then the clock does. */
const EXPIRED = /expired|time frame/i
const LONGEST_TEXT = 120

/**
 * A status that is no success, as an error. The body of a refusal names the key and the signature: only its code and message are quoted.
 * @param what - "GET object 10000000/3"
 */
export function refusal(what: string, { status, headers }: HttpHead, start: Buffer, expiresAtMs: number): MeasurementError {
  const body = start.toString('utf8')
  const code = element('Code', body)
  const message = element('Message', body) ?? /"message"\s*:\s*"([^"]*)"/.exec(body)?.[1]?.slice(0, LONGEST_TEXT)
  const said = [code, message].filter((part) => part !== undefined).join(': ')
  const text = `${what} gave status ${status}${said === '' ? '.' : ` (${said}).`}`
  if (TRANSIENT.has(status))
    return new TryAgain(new MeasurementError('STORE_BUSY', text, { hint: 'Ask for less at once, or later.' }), waitOf(headers))
  if (status === 404) return new MeasurementError('OBJECT_MISSING', text, { hint: 'Run `netfair data prepare`.' })
  if (status < 500 && (EXPIRED.test(said) || Date.now() >= expiresAtMs))
    return new MeasurementError('SIGNATURE_EXPIRED', text, { hint: 'Compare the clocks of this machine and of the store.' })
  if (status !== 401 && status !== 403) return new MeasurementError('STORE_FAILED', text, { hint: 'See what the store says.' })
  return new MeasurementError('STORE_ACCESS_DENIED', text, { hint: 'Give whoever signs the requests the right to do it.' })
}

const element = (name: string, xml: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`)
    .exec(xml)?.[1]
    ?.replaceAll(/\S*\?\S*=\S*/g, '…')
    .slice(0, LONGEST_TEXT)

function waitOf(headers: ReadonlyMap<string, string>): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return seconds >= 0 ? 1000 * seconds : undefined
}

/**
 * Checks that an answer is the object, or the range of it, that was asked for.
 * @throws MeasurementError `RANGE_IGNORED`, `OBJECT_LENGTH`, `HTTP_MALFORMED`
 */
export function checkBody(what: string, { status, headers, framing }: HttpHead, bytes: number, first: number | undefined): void {
  if (first !== undefined && status !== 206)
    throw new MeasurementError('RANGE_IGNORED', `${what} gave the whole object where a range was asked for.`, {
      hint: 'Leave `rangeBytes` out, or use a store that knows ranges.',
    })
  const range = headers.get('content-range') ?? ''
  if (first !== undefined && !range.startsWith(`bytes ${first}-${first + bytes - 1}/`))
    throw malformed(`Content-Range ${JSON.stringify(range.slice(0, 80))} where bytes ${first}-${first + bytes - 1} were asked for`)
  if (framing.kind === 'length' && framing.bytes !== bytes) throw wrongLength(what, framing.bytes, bytes)
}

export function wrongLength(what: string, got: number, expected: number): MeasurementError {
  return new MeasurementError('OBJECT_LENGTH', `${what} gave ${got} bytes where the manifest says ${expected}.`, {
    hint: 'Run `netfair data prepare` again: the object was changed.',
  })
}
