import type { StoreName } from '../../../src/model/object-store.ts'

/** A whole answer. */
export interface Refusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

type Refusals = Readonly<Record<StoreName, Refusal>>

const xml = (status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): Refusal => ({
  status,
  headers: { 'content-type': 'application/xml', ...headers },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
})

const azure = (status: number, code: string, message: string): Refusal => xml(status, code, message, { 'x-ms-error-code': code })

const json = (code: number, reason: string, message: string): Refusal => ({
  status: code,
  headers: { 'content-type': 'application/json; charset=UTF-8' },
  body: JSON.stringify({ error: { code, message, errors: [{ message, domain: 'global', reason }] } }),
})

/** How each store says that too much is asked of it. */
export const slowDown: Refusals = {
  s3: xml(503, 'SlowDown', 'Please reduce your request rate.'),
  gcs: json(503, 'backendError', 'We encountered an internal error. Please try again.'),
  'azure-blob': azure(503, 'ServerBusy', 'The server is busy.'),
}

export const internalError: Refusals = {
  s3: xml(500, 'InternalError', 'We encountered an internal error. Please try again.'),
  gcs: json(500, 'internalError', 'We encountered an internal error. Please try again.'),
  'azure-blob': azure(500, 'InternalError', 'Server encountered an internal error. Please try again after some time.'),
}

/** Of a signed URL that is over. */
export const expired: Refusals = {
  s3: xml(403, 'AccessDenied', 'Request has expired'),
  gcs: xml(400, 'ExpiredToken', 'Invalid argument.'),
  'azure-blob': azure(
    403,
    'AuthenticationFailed',
    'Server failed to authenticate the request. Signature not valid in the specified time frame.',
  ),
}
