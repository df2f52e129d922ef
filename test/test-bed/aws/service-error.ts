/** An answer of Lambda that is no success, worded as the cloud words it. */
export class ServiceError extends Error {
  readonly status: number
  /** For `x-amzn-errortype`. */
  readonly type: string
  /** What the JSON body holds besides the message; `text` replaces the whole body. */
  readonly more: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    type: string,
    message: string,
    more: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.status = status
    this.type = type
    this.more = more
    this.headers = headers
  }
}

const USER = { Type: 'User' }

export function notFound(arn: string): ServiceError {
  return new ServiceError(404, 'ResourceNotFoundException', `Function not found: ${arn}`, USER)
}

export function conflict(message: string): ServiceError {
  return new ServiceError(409, 'ResourceConflictException', message, USER)
}

export function invalid(message: string): ServiceError {
  return new ServiceError(400, 'InvalidParameterValueException', message, USER)
}

export function accessDenied(action: string, resource: string): ServiceError {
  const message = `User: arn:aws:iam::123456789012:user/netfair is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`
  return new ServiceError(403, 'AccessDeniedException', message)
}

export function badSignature(message = DIFFERENT): ServiceError {
  return new ServiceError(403, 'InvalidSignatureException', message)
}

const DIFFERENT =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

export function throttled(reason: string, message = 'Rate Exceeded.'): ServiceError {
  return new ServiceError(429, 'TooManyRequestsException', message, { ...USER, Reason: reason }, { 'retry-after': '1' })
}

export function tooLarge(bytes: number, operation: string): ServiceError {
  return new ServiceError(
    413,
    'RequestTooLargeException',
    `Request must be smaller than ${bytes} bytes for the ${operation} operation`,
    USER,
  )
}

/** Errors that can be asked for, whatever the request is. */
export const anyError = {
  notFound: () => notFound('arn:aws:lambda:eu-central-1:123456789012:function:gone'),
  conflict: () => conflict('The operation cannot be performed at this time. An update is in progress for resource'),
  throttled: () => throttled('CallerRateLimitExceeded', 'Rate exceeded'),
  quota: () => new ServiceError(400, 'CodeStorageExceededException', 'Code storage limit exceeded.', USER),
  invalid: () => invalid('The role defined for the function cannot be assumed by Lambda.'),
  accessDenied: () => accessDenied('lambda:Any', '*'),
  expiredToken: () => new ServiceError(403, 'ExpiredTokenException', 'The security token included in the request is expired'),
  unknownKey: () => new ServiceError(403, 'UnrecognizedClientException', 'The security token included in the request is invalid.'),
  badSignature: () => badSignature(),
  serverError: () =>
    new ServiceError(500, 'ServiceException', 'An error occurred and the request cannot be processed.', { Type: 'Service' }),
  /** A load balancer in front of the service: no JSON, no error type. */
  unavailable: () => new ServiceError(503, '', '', { text: '<html><body><b>Http/1.1 Service Unavailable</b></body></html>' }),
} as const satisfies Record<string, () => ServiceError>

export type ErrorKind = keyof typeof anyError
