import { MeasurementError } from '../model/errors.ts'
import type { HttpHead } from './http-head.ts'

const SHOWN_BODY_BYTES = 200
const FIRST_SIZE = /^[0-9a-f]+[^\r\n]*\r\n/i
const LAST_CHUNK = /\r\n0\r\n\r\n$/

/** A status that is no success; what is there of the body says more. */
export function badStatus(url: URL, { status, framing }: HttpHead, start: Buffer): MeasurementError {
  const raw = start.toString('utf8', 0, SHOWN_BODY_BYTES)
  const text = (framing.kind === 'chunked' ? raw.replace(FIRST_SIZE, '').replace(LAST_CHUNK, '') : raw).replaceAll(/\s+/g, ' ').trim()
  return new MeasurementError('HTTP_STATUS', `GET ${shown(url)} gave status ${status}${text === '' ? '.' : `: ${text}`}`, {
    hint: 'Check the URL, and that the function may read it.',
  })
}

/** A success that is not what a download can be measured by. */
export function checkLength(url: URL, payloadBytes: number, wantedBytes: number | undefined): void {
  if (payloadBytes === 0)
    throw new MeasurementError('HTTP_EMPTY', `GET ${shown(url)} gave an empty body.`, {
      hint: 'Give the URL of an object with bytes in it.',
    })
  if (wantedBytes !== undefined && payloadBytes !== wantedBytes)
    throw new MeasurementError(
      'HTTP_MALFORMED',
      `GET ${shown(url)} gave ${payloadBytes} bytes where its Content-Range says ${wantedBytes}.`,
      {
        hint: 'Ask without `rangeBytes`, or another server.',
      },
    )
}

export function rangeIgnored(url: URL): MeasurementError {
  return new MeasurementError('RANGE_IGNORED', `GET ${shown(url)} gave the whole object where a range was asked for.`, {
    hint: 'Leave `rangeBytes` out, or give the URL of a server that knows ranges.',
  })
}

/** Without its query, which may hold a signature. */
const shown = ({ origin, pathname }: URL): string => `${origin}${pathname}`.slice(0, 300)
