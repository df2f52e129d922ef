import { expect, test } from 'vitest'
import { replyIn } from '../../../src/providers/gcp/answer.ts'

const answer = (status: number, text: string, headers = {}) => replyIn({ status, text, headers }, ['hush'])

test('a reply of the agent is taken as it is', () => {
  expect(answer(200, '{"samples":[],"startAtMs":7}')).toEqual({ samples: [], startAtMs: 7 })
})

test.each([
  [500, 'Internal Server Error', { 'x-google-status': 'crash' }, 'AGENT_DIED'],
  [503, 'Service Unavailable', {}, 'AGENT_DIED'],
  [500, 'Internal Server Error', {}, 'INVOCATION_FAILED'],
  [504, 'upstream request timeout', {}, 'INVOCATION_TIMEOUT'],
  [404, 'Page not found', {}, 'DEPLOYMENT_GONE'],
  [403, 'Your client does not have permission', {}, 'INVOCATION_FAILED'],
  [401, 'Unauthorized', {}, 'INVOCATION_FAILED'],
  [400, '{"error":"no task"}', {}, 'INVOCATION_FAILED'],
  [302, '', {}, 'INVOCATION_FAILED'],
  [200, '<html>', {}, 'INVOCATION_FAILED'],
  [200, '{}', {}, 'INVOCATION_FAILED'],
])('status %d "%s" %o is %s', (status, text, headers, code) => {
  expect(() => answer(status, text, headers)).toThrow(expect.objectContaining({ code }))
})

test('what a dying agent said is shown without secrets and markup', () => {
  expect(() => answer(500, '<b>hush</b> was   the word', { 'x-google-status': 'crash' })).toThrow(/: \[secret\] was the word\)/)
})

test('an identity token that is not taken: a person is told of impersonation', () => {
  expect(() => answer(401, 'Unauthorized')).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('--impersonate-service-account') }),
  )
})
