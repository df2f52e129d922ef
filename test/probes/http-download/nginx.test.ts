import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCapabilities } from '../../../src/agent/capabilities.ts'
import type { HttpDownloadOptions } from '../../../src/probes/http-download/http-download.ts'
import { clock, measure, nowhere } from './measure.ts'
import { type Nginx, startNginx } from './nginx.ts'

const BIG = 20_000_003
const SMALL = 1001
const locations = `
  location = /moved { return 301 /small; }
  location = /far { return 302 http://localhost:$server_port/small; }
  location = /to { return 302 $arg_url; }
  location = /loop { return 302 /loop; }
  location = /broken { return 500 "out of order"; }
  location /chunked { rewrite ^/chunked$ /big break; sub_filter_types *; sub_filter 'no such text in here' ''; }
  location /closing/ { keepalive_timeout 0; rewrite ^/closing(/.*)$ $1 break; }
`

let nginx: Nginx
beforeAll(async () => {
  nginx = await startNginx({ files: { big: randomBytes(BIG), small: randomBytes(SMALL), empty: new Uint8Array() }, locations })
})
afterAll(() => nginx[Symbol.asyncDispose]())

const code = (expected: string) => expect.objectContaining({ code: expected })

describe.each(['http', 'https'] as const)('%s', (scheme) => {
  const url = (path: string): string => `${nginx[scheme]}${path}`
  const secure = (): HttpDownloadOptions => (scheme === 'https' ? { ca: nginx.ca } : {})

  test.each([1, 4])('whole files, byte for byte, over %i connections', async (parallel) => {
    const { bytes, values } = await measure({ url: url('/big'), bytes: 8 * BIG, parallel, ...secure() })
    expect(bytes).toBe(8 * BIG)
    expect(values?.['requests']).toBeGreaterThanOrEqual(8)
    expect(values?.['requests']).toBeLessThan(8 + parallel)
    expect(values).toMatchObject({ retries: 0, connectMs: expect.any(Number), firstByteMs: expect.any(Number) })
  })

  test.each([true, false])('a small file, many times, keepAlive: %s', async (keepAlive) => {
    const { bytes, values } = await measure({ url: url('/small'), bytes: 50 * SMALL, keepAlive, ...secure() })
    expect(bytes).toBe(50 * SMALL)
    expect(values).toMatchObject({ requests: 50, retries: 0 })
  })

  test('chunked', async () => {
    const { bytes, values } = await measure({ url: url('/chunked'), bytes: 2 * BIG, ...secure() })
    expect(bytes).toBe(2 * BIG)
    expect(values?.['requests']).toBe(2)
  })

  test('ranges, to the end of the object and from its start again', async () => {
    const rangeBytes = 3_000_000
    const { bytes, values } = await measure({ url: url('/big'), bytes: 3 * BIG, rangeBytes, ...secure() })
    expect(bytes).toBe(3 * BIG)
    expect(values?.['requests']).toBe(3 * Math.ceil(BIG / rangeBytes))
  })

  test('ranges larger than the object, on more connections than it has ranges', async () => {
    const { bytes } = await measure({ url: url('/small'), bytes: 30 * SMALL, rangeBytes: 2000, parallel: 4, ...secure() })
    expect(bytes).toBe(30 * SMALL)
  })

  test('a redirect to another file', async () => {
    const { bytes, values } = await measure({ url: url('/moved'), bytes: 3 * SMALL, ...secure() })
    expect(bytes).toBe(3 * SMALL)
    expect(values?.['requests']).toBe(6)
  })

  test('for a time: the last request is cut off', async () => {
    const { bytes, startedAtMs, endedAtMs } = await measure({ url: url('/big'), seconds: 0.3, ...secure() })
    expect(bytes).toBeGreaterThan(0)
    expect(endedAtMs - startedAtMs).toBeGreaterThanOrEqual(299)
    expect(endedAtMs - startedAtMs).toBeLessThan(2000)
  })

  test('connections that the server closes after each answer', async () => {
    const { bytes, values } = await measure({ url: url('/closing/small'), bytes: 10 * SMALL, ...secure() })
    expect(bytes).toBe(10 * SMALL)
    expect(values?.['requests']).toBe(10)
  })

  test.each([
    ['/none', 'HTTP_STATUS', 'gave status 404: <html>'],
    ['/chunked/none', 'HTTP_STATUS', 'gave status 404: <html>'],
    ['/broken', 'HTTP_STATUS', '500: out of order'],
    ['/loop', 'TOO_MANY_REDIRECTS', '5'],
    ['/far', 'TARGET_NOT_ALLOWED', 'http://localhost'],
    ['/empty', 'HTTP_EMPTY', 'empty'],
  ])('%s fails with %s', async (path, expected, message) => {
    await expect(measure({ url: url(path), ...secure() })).rejects.toMatchObject({
      code: expected,
      message: expect.stringContaining(message),
    })
  })
})

test('a certificate that nobody known has signed is refused', async () => {
  await expect(measure({ url: `${nginx.https}/small` })).rejects.toEqual(code('TLS_FAILED'))
})

test('so is one of another host', async () => {
  const { port } = new URL(nginx.https)
  await expect(measure({ url: `https://localhost:${port}/small`, ca: nginx.ca })).rejects.toEqual(code('TLS_FAILED'))
})

test('a redirect leads where allowOrigins allows', async () => {
  const { port } = new URL(nginx.http)
  const { bytes } = await measure({ url: `${nginx.http}/far`, allowOrigins: [`http://localhost:${port}`], bytes: 3 * SMALL })
  expect(bytes).toBe(3 * SMALL)
})

test('from https to http none leads unless that is named', async () => {
  const options = { url: `${nginx.https}/to?url=${nginx.http}/small`, bytes: SMALL, ca: nginx.ca }
  await expect(measure(options)).rejects.toEqual(code('TARGET_NOT_ALLOWED'))
  expect((await measure({ ...options, allowOrigins: [nginx.http] })).bytes).toBe(SMALL)
})

test('an origin that nobody named is refused', async () => {
  const capabilities = createCapabilities({ allowedTargets: [new URL(nginx.http).host], clock, signal: AbortSignal.timeout(20_000) })
  for (const url of [`${nginx.http}/small`, 'ftp://127.0.0.1/x', 'nonsense'])
    await expect(capabilities.openDownload(url)).rejects.toEqual(code('TARGET_NOT_ALLOWED'))
})

test("the target's token goes to no URL that the user gives", async () => {
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.end('hello')
  }).listen(0, '127.0.0.1')
  try {
    await new Promise((resolve) => server.once('listening', resolve))
    const origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`
    await measure({ url: `${origin}/x`, bytes: 10 }, { ...nowhere, http: origin })
    expect(seen).toEqual([undefined, undefined])
    await measure({ bytes: 10 }, { ...nowhere, http: origin })
    expect(seen.slice(2)).toEqual(['Bearer T0ken', 'Bearer T0ken'])
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
