import { describe, expect, test } from 'vitest'
import type { NetfairError } from '../../../src/model/errors.ts'
import { type HttpDownloadOptions, httpDownload } from '../../../src/probes/http-download/http-download.ts'
import { defineExperiment, type ExperimentOptions } from '../../../src/run/experiment.ts'
import { undeployable } from '../../run/fake-provider.ts'

const url = 'https://example.org/a?b=c'

test('defaults', () => {
  const probe = httpDownload()
  expect(probe).toMatchObject({ name: 'http-download', directions: ['download'], origins: [], expectedMs: 2000 })
  expect(probe.params).toEqual({ seconds: 2, parallel: 1, keepAlive: true })
})

test('the agent may go where url and allowOrigins lead; the journal gets the url', () => {
  const probe = httpDownload({ url, allowOrigins: ['https://cdn.example.org:443', 'http://example.org', 'https://example.org'] })
  expect(probe.origins).toEqual(['https://example.org', 'https://cdn.example.org', 'http://example.org'])
  expect(probe.params).toEqual({ url, seconds: 2, parallel: 1, keepAlive: true })
})

test('by bytes there is no time, and a deadline that 20 Mbit/s meet', () => {
  const probe = httpDownload({ bytes: 25e6 })
  expect(probe.params).toEqual({ bytes: 25e6, parallel: 1, keepAlive: true })
  expect(probe.expectedMs).toBe(10_000)
  expect(httpDownload({ bytes: 1 }).expectedMs).toBe(1000)
})

test('a factor changes a parameter', () => {
  const probe = httpDownload({ url, parallel: 2 })
  expect(probe.withParams({ parallel: 8, url: 'http://other.example/x' })).toMatchObject({
    params: { parallel: 8, url: 'http://other.example/x' },
    origins: ['http://other.example'],
  })
  expect(httpDownload().withParams({ bytes: 5 }).params).toEqual({ bytes: 5, parallel: 1, keepAlive: true })
})

function refusal(make: () => unknown): NetfairError {
  try {
    make()
  } catch (error) {
    return error as NetfairError
  }
  throw new Error('it was accepted')
}

describe('bad options', () => {
  test.each<[object, string, RegExp]>([
    [{ url: 'example.org/a' }, 'INVALID_OPTION', /"url" must be an http or https URL, got "example.org\/a"/],
    [{ url: 'ftp://example.org/a' }, 'INVALID_OPTION', /"url" must be an http or https URL/],
    [{ url: 'https://user:planted@example.org/a' }, 'INVALID_OPTION', /must have no user and password/],
    [{ seconds: 0 }, 'INVALID_OPTION', /"seconds" must be > 0, got 0/],
    [{ seconds: 1, bytes: 1 }, 'INVALID_OPTION', /both "seconds" \(1\) and "bytes" \(1\)/],
    [{ bytes: 0 }, 'INVALID_OPTION', /"bytes" must be >= 1, got 0/],
    [{ parallel: 129 }, 'INVALID_OPTION', /"parallel" must be <= 128/],
    [{ rangeBytes: 1000 }, 'INVALID_OPTION', /"rangeBytes" \(1000\) needs "url"/],
    [{ url, rangeBytes: 0.5 }, 'INVALID_OPTION', /"rangeBytes" must be integer/],
    [{ allowOrigins: ['https://example.org/a'] }, 'INVALID_OPTION', /"allowOrigins" must have origins only/],
    [{ allowOrigins: ['example.org'] }, 'INVALID_OPTION', /"allowOrigins" must be an http or https URL/],
    [{ headers: { Authorization: 'planted' } }, 'INVALID_OPTION', /header "Authorization" may not be set: .*journal/],
    [{ headers: { cookie: 'planted' } }, 'INVALID_OPTION', /header "cookie" may not be set/],
    [{ headers: { Range: 'bytes=0-1' } }, 'INVALID_OPTION', /header "Range" may not be set: the probe writes it itself/],
    [{ headers: { 'x y': 'planted' } }, 'INVALID_OPTION', /header "x y" is no header name/],
    [{ headers: { 'x-y': 'planted\r\nhost: other' } }, 'INVALID_OPTION', /header "x-y" must have printable ASCII/],
    [{ ca: 'nonsense' }, 'INVALID_OPTION', /"ca" must match pattern/],
    [{ keepalive: true }, 'UNKNOWN_OPTION', /unknown key "keepalive"/],
  ])('%j', (options, code, message) => {
    const error = refusal(() => httpDownload(options as HttpDownloadOptions))
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
    expect(`${error.message} ${error.hint}`).not.toContain('planted')
  })
})

test.each(['upload', 'both'] as const)('an experiment that asks for %s is refused before anything is spent', (direction) => {
  const options: ExperimentOptions = {
    provider: undeployable(),
    probe: httpDownload(),
    memoryMb: [128],
    concurrency: [1],
    direction: ['download', direction],
  }
  expect(refusal(() => defineExperiment(options))).toMatchObject({
    code: 'DIRECTION_NOT_MEASURED',
    message: `experiment: the probe http-download cannot measure the direction "${direction}", only "download".`,
  })
})
