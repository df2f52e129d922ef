import { describe, expect, test } from 'vitest'
import { readFunctionError } from '../../../src/providers/aws/function-error.ts'
import { explain, readPlatformError } from '../../../src/providers/aws/platform-error.ts'

const from = (name: string, message: string, more: object = { $metadata: { httpStatusCode: 400 } }): Error =>
  Object.assign(new Error(message), { name }, more)
const explained = (error: Error) => explain(readPlatformError(error), { doing: 'CreateFunction', region: 'eu-central-1' })

describe('errors of the platform', () => {
  test.each([
    ['CREDENTIALS_MISSING', from('CredentialsProviderError', 'Could not load credentials from any providers', {})],
    ['CREDENTIALS_MISSING', from('UnrecognizedClientException', 'The security token included in the request is invalid.')],
    ['CREDENTIALS_MISSING', from('ExpiredTokenException', 'The security token included in the request is expired')],
    ['CREDENTIALS_MISSING', from('InvalidSignatureException', 'The request signature we calculated does not match')],
    ['REGION_UNKNOWN', from('Error', 'getaddrinfo ENOTFOUND lambda.eu-nowhere-1.amazonaws.com', { code: 'ENOTFOUND' })],
    ['REGION_UNKNOWN', from('InvalidSignatureException', 'Credential should be scoped to a valid region.')],
    ['PREREQUISITE_MISSING', from('InvalidParameterValueException', 'The role defined for the function cannot be assumed by Lambda.')],
    ['PREREQUISITE_MISSING', from('InvalidParameterValueException', 'The subnet ID subnet-1 does not exist')],
    ['INVALID_MEMORY', from('ValidationException', "'MemorySize' failed: Member must have value less than or equal to 3008")],
    ['PLATFORM_UNREACHABLE', from('Error', 'connect ECONNREFUSED', { code: 'ECONNREFUSED' })],
    ['DEPLOY_FAILED', from('CodeStorageExceededException', 'Code storage limit exceeded.')],
  ])('%s for %s', (code, error) => {
    const { hint, message, ...rest } = explained(error)
    expect(rest.code).toBe(code)
    expect(hint).not.toBe('')
    expect(message).not.toBe('')
  })

  test('a missing permission is named, the account is not', () => {
    const message = 'User: arn:aws:iam::123456789012:user/jo is not authorized to perform: lambda:CreateFunction on resource: *'
    const error = explained(from('AccessDeniedException', message, { $metadata: { httpStatusCode: 403 } }))
    expect(error).toMatchObject({ code: 'PREREQUISITE_MISSING', hint: expect.stringContaining('lambda:CreateFunction') })
    expect(error.message).not.toContain('123456789012')
  })

  test('hold nothing of the request', () => {
    const error = from('AccessDeniedException', 'no, key SECRETKEY', {
      $response: { headers: { authorization: 'SECRETKEY' } },
      cause: 'SECRETKEY',
    })
    expect(JSON.stringify(readPlatformError(error, ['SECRETKEY']))).not.toContain('SECRETKEY')
  })
})

describe('errors of the function', () => {
  test.each([
    ['AGENT_DIED', { errorType: 'Runtime.ExitError', errorMessage: 'RequestId: 1 Error: Runtime exited with error: exit status 1' }],
    ['AGENT_DIED', { errorType: 'Runtime.OutOfMemory', errorMessage: 'RequestId: 1 Error: Runtime exited with error: signal: killed' }],
    ['AGENT_DIED', { errorType: 'InputError', errorMessage: 'The task has no round.' }],
    ['INVOCATION_TIMEOUT', { errorType: 'Sandbox.Timedout', errorMessage: 'RequestId: 1 Error: Task timed out after 3.00 seconds' }],
    ['INVOCATION_TIMEOUT', { errorMessage: '2026-11-22T12:00:00Z 1 Task timed out after 3.00 seconds' }],
    ['INVOCATION_FAILED', { errorType: 'Function.ResponseSizeTooLarge', errorMessage: 'Response payload size exceeded maximum allowed' }],
  ])('%s for %j', (code, payload) => {
    expect(readFunctionError(JSON.stringify(payload), []).code).toBe(code)
  })

  test('show no secret, and take what is no JSON', () => {
    const error = readFunctionError('died with token T0K3N', ['T0K3N'])
    expect(error.code).toBe('AGENT_DIED')
    expect(error.message).toContain('died with token [secret]')
  })
})
