import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect, promisify } from 'node:util'
import { GoogleAuth } from 'google-auth-library'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { NetfairError } from '../../../src/model/errors.ts'
import { checkIdentity } from '../../../src/providers/gcp/credentials.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { onBed, useGcpBed } from './lab.ts'

const bed = await useGcpBed()
const folder = await mkdtemp(join(tmpdir(), 'gcp-check-'))
beforeEach(() => vi.stubEnv('HOME', folder))
afterEach(() => {
  bed.faults.clear()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})
afterAll(async () => {
  await bed[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

async function refusal(provider: Provider): Promise<NetfairError> {
  const error = await provider.check({ memoryMb: [2048] }).then(
    () => new Error('not refused'),
    (reason: unknown) => reason,
  )
  const shown = inspect(error, { depth: Number.POSITIVE_INFINITY, maxStringLength: null })
  for (const secret of bed.secrets) expect(shown).not.toContain(secret)
  return error as NetfairError
}

test('says where it is, and warns of nothing', async () => {
  const warn = vi.spyOn(process, 'emitWarning')
  await expect(onBed(bed).check({ memoryMb: [2048], concurrency: 8 })).resolves.toEqual({
    name: 'gcp',
    variant: 'gen2',
    region: bed.region,
    environment: { runtime: 'nodejs22', requestsPerInstance: 1, timeoutSeconds: 540 },
  })
  // Of Node itself, that the bed has no name but its address.
  expect(warn.mock.calls.filter(([, name]) => String(name) !== 'DeprecationWarning')).toEqual([])
})

test('no credentials', async () => {
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined)
  const { code, hint } = await refusal(onBed(bed))
  expect(code).toBe('CREDENTIALS_MISSING')
  expect(hint).toContain('GOOGLE_APPLICATION_CREDENTIALS')
})

test('no credentials, and nobody said where to look: no metadata server is asked, and nothing is warned of', async () => {
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined)
  vi.stubEnv('METADATA_SERVER_DETECTION', undefined)
  const warn = vi.spyOn(process, 'emitWarning')
  expect(await refusal(onBed(bed))).toMatchObject({ code: 'CREDENTIALS_MISSING', message: 'gcp(): there are no Google credentials' })
  expect(warn).not.toHaveBeenCalled()
})

test('credentials that make no identity tokens, as those of workload identity federation', async () => {
  const credentials = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: 'https://127.0.0.1:1/token',
    credential_source: { file: join(folder, 'token') },
  }
  const keyFilename = join(folder, 'federation.json')
  writeFileSync(keyFilename, JSON.stringify(credentials))
  const auth = new GoogleAuth({ keyFilename, projectId: bed.projectId })
  await expect(checkIdentity((audience) => auth.getIdTokenClient(audience))).rejects.toMatchObject({
    code: 'CREDENTIALS_MISSING',
    hint: expect.stringContaining('--impersonate-service-account'),
  })
})

test('credentials that cannot be read', async () => {
  const file = join(folder, 'credentials.json')
  writeFileSync(file, '{}')
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file)
  expect(await refusal(onBed(bed))).toMatchObject({ code: 'CREDENTIALS_MISSING' })
})

test('credentials that Google refuses', async () => {
  bed.faults.add({ kind: 'refuse', at: 'token', as: 'expired-token' })
  const { code, message } = await refusal(onBed(bed))
  expect(code).toBe('CREDENTIALS_MISSING')
  expect(message).toContain('invalid_grant')
})

test('nobody who listens', async () => {
  vi.stubEnv('NETFAIR_GCP_ENDPOINT', 'https://127.0.0.1:1')
  const { code, message } = await refusal(onBed(bed))
  expect(code).toBe('PLATFORM_UNREACHABLE')
  expect(message).toContain('ECONNREFUSED')
})

test('a service that is down', async () => {
  bed.faults.add({ kind: 'refuse', at: 'ListLocations', as: 'unavailable', times: 100 })
  expect(await refusal(onBed(bed))).toMatchObject({ code: 'PLATFORM_UNREACHABLE' })
})

test('the SDK, which nothing needs before it is used', async () => {
  const script = fileURLToPath(new URL('fixtures/without-sdk.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [script])
  expect(JSON.parse(stdout)).toEqual({ made: 'gcp', code: 'PACKAGE_MISSING', hint: 'Run `npm install @google-cloud/functions`.' })
})

test('a region that is not there: those that are', async () => {
  const { code, message } = await refusal(onBed(bed, { region: 'mars-central1' }))
  expect(code).toBe('REGION_UNKNOWN')
  expect(message).toContain('europe-west1, us-central1')
})

test('an API that is not enabled: the command that enables it; and when it is, the same provider works', async () => {
  const provider = onBed(bed)
  bed.faults.add({ kind: 'refuse', at: 'ListLocations', as: 'service-disabled' })
  const { code, hint } = await refusal(provider)
  expect(code).toBe('PREREQUISITE_MISSING')
  expect(hint).toContain('gcloud services enable cloudfunctions.googleapis.com')
  await expect(provider.check()).resolves.toBeDefined()
})

test('a role that is missing', async () => {
  bed.faults.add({ kind: 'refuse', at: 'ListLocations', as: 'permission-denied' })
  const { code, hint } = await refusal(onBed(bed))
  expect(code).toBe('PREREQUISITE_MISSING')
  expect(hint).toContain('roles/cloudfunctions.developer')
})

test('an aborted check', async () => {
  await expect(onBed(bed).check({ signal: AbortSignal.abort() })).rejects.toThrow()
})

test('nothing was made by any of them', () => {
  expect(bed.requests.filter(({ operation }) => /Create|upload|Update|Delete/.test(operation))).toEqual([])
})
