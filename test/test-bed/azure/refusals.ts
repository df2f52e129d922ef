import { armError, type Refusal, webError } from './answer.ts'

export type RefusalKind =
  | 'not-found'
  | 'conflict'
  | 'name-taken'
  | 'forbidden'
  | 'throttled'
  | 'quota'
  | 'expired-token'
  | 'invalid-token'
  | 'server-error'
  | 'bad-gateway'
  | 'unavailable'
  | 'timeout'
  | 'host-runtime'
  | 'not-registered'

type Refuse = (name: string, facts: { readonly operation: string; readonly retryAfterSeconds: number }) => Refusal

/** How the Resource Manager, Microsoft.Web behind it, or the front end of a site refuse. */
export const REFUSALS: Readonly<Record<RefusalKind, Refuse>> = {
  'not-found': (name) =>
    armError(404, 'ResourceNotFound', `The Resource 'Microsoft.Web/sites/${name}' under resource group was not found.`),
  conflict: (name) =>
    webError(409, 'Conflict', `Cannot modify this site because another operation is in progress. Details: Name: ${name}`, '59203'),
  'name-taken': (name) => webError(409, 'Conflict', `Website with given name ${name} already exists.`, '54001'),
  forbidden: (name, { operation }) =>
    armError(403, 'AuthorizationFailed', `The client does not have authorization to perform action '${operation}' over scope '${name}'.`),
  throttled: (_name, { retryAfterSeconds }) =>
    armError(429, 'TooManyRequests', 'The request is being throttled as the limit has been reached for the operation type.', {
      'retry-after': String(retryAfterSeconds),
    }),
  quota: () => armError(409, 'QuotaExceeded', 'Operation could not be completed as it results in exceeding approved quota.'),
  'expired-token': () => armError(401, 'ExpiredAuthenticationToken', 'The access token expiry UTC time is earlier than current UTC time.'),
  'invalid-token': () => armError(401, 'InvalidAuthenticationToken', 'The access token is invalid.'),
  'server-error': () => armError(500, 'InternalServerError', 'The server encountered an internal error. Please retry the request.'),
  'bad-gateway': () => armError(502, 'BadGateway', 'Bad Gateway'),
  unavailable: () => armError(503, 'ServiceUnavailable', 'The service is unavailable.'),
  timeout: () =>
    armError(504, 'GatewayTimeout', 'The gateway did not receive a response from Microsoft.Web within the specified time period.'),
  'host-runtime': () => webError(400, 'BadRequest', 'Encountered an error (ServiceUnavailable) from host runtime.', '04006'),
  'not-registered': () =>
    armError(409, 'MissingSubscriptionRegistration', "The subscription is not registered to use namespace 'Microsoft.Web'."),
}
