import type { ServerResponse } from 'node:http'

/** Why a request is refused: as JSON where the JSON API was asked, as XML where a signed URL was. */
export class ApiError extends Error {
  readonly status: number
  /** `notFound`, `conditionNotMet`, … in JSON; `NoSuchKey`, `ExpiredToken`, … in XML. */
  readonly reason: string
  readonly xmlCode: string

  constructor(status: number, reason: string, message: string, xmlCode = reason) {
    super(message)
    this.status = status
    this.reason = reason
    this.xmlCode = xmlCode
  }

  answer(response: ServerResponse, form: 'json' | 'xml'): void {
    const [type, body] =
      form === 'json' ? ['application/json; charset=UTF-8', this.#json()] : ['application/xml; charset=UTF-8', this.#xml()]
    response.writeHead(this.status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body)
  }

  #json(): string {
    const { status: code, message, reason } = this
    return JSON.stringify({ error: { code, message, errors: [{ message, domain: 'global', reason }] } })
  }

  #xml(): string {
    return `<?xml version='1.0' encoding='UTF-8'?><Error><Code>${this.xmlCode}</Code><Message>${this.message}</Message></Error>`
  }
}

export const noBucket = (): ApiError => new ApiError(404, 'notFound', 'The specified bucket does not exist.', 'NoSuchBucket')
export const noObject = (bucket: string, name: string): ApiError =>
  new ApiError(404, 'notFound', `No such object: ${bucket}/${name}`, 'NoSuchKey')
export const invalid = (message: string): ApiError => new ApiError(400, 'invalid', message, 'InvalidArgument')
export const unsatisfiable = (): ApiError =>
  new ApiError(416, 'requestedRangeNotSatisfiable', 'Request range not satisfiable', 'InvalidRange')
