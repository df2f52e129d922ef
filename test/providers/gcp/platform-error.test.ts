import { expect, test } from 'vitest'
import { InputError, MeasurementError } from '../../../src/model/errors.ts'
import { platformError } from '../../../src/providers/gcp/platform-error.ts'

const said = (code: number, details: string, more = {}) =>
  platformError(Object.assign(new Error(details), { code, details, ...more }), 'do it', ['hush'])

test.each([
  [16, 'Request had invalid authentication credentials.', 'CREDENTIALS_MISSING', InputError],
  [7, 'Cloud Functions API has not been used in project p before or it is disabled.', 'PREREQUISITE_MISSING', MeasurementError],
  [7, 'Permission denied on resource', 'PREREQUISITE_MISSING', MeasurementError],
  [8, 'Quota exceeded', 'QUOTA_EXCEEDED', MeasurementError],
  [3, 'Max instances must be set to 100 or fewer in order to set the requested total CPU.', 'INVALID_CONCURRENCY', InputError],
  [3, 'Build failed', 'DEPLOYMENT_FAILED', MeasurementError],
  [13, 'Internal error', 'DEPLOYMENT_FAILED', MeasurementError],
] as const)('gRPC code %d "%s" is %s', (code, details, netfairCode, kind) => {
  const error = said(code, details)
  expect(error).toBeInstanceOf(kind)
  expect(error.code).toBe(netfairCode)
  expect(error.message).toContain(details)
})

test('an API that is not enabled: the command that enables it', () => {
  expect(said(7, 'x', { reason: 'SERVICE_DISABLED' }).hint).toContain('gcloud services enable')
})

test('a service account that may not be used: the role', () => {
  expect(said(7, 'Caller is missing permission iam.serviceaccounts.actAs').hint).toContain('roles/iam.serviceAccountUser')
})

test('secrets and signed URLs are not repeated', () => {
  const { message, cause } = said(3, 'hush at https://storage.googleapis.com/b/o?Signature=abc failed')
  expect(message).toBe('Google did not do it: [secret] at [URL] failed')
  expect(cause).toBeUndefined()
})

test('a build that fails: the role that its service account may lack', () => {
  expect(said(3, 'Build failed: could not resolve storage source').hint).toContain('roles/cloudbuild.builds.builder')
})
