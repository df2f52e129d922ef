import { afterEach, expect, test } from 'vitest'
import { collectMetadata } from '../../src/agent/platform-metadata.ts'
import { type ScriptedHttp, type SeenRequest, scriptedHttp } from './scripted-http.ts'

const AWS_PATH = '/2026-01-15/metadata/execution-environment'
const GOOGLE_PATH = '/computeMetadata/v1/instance/id'
const TOKEN = 'planted-metadata-token'

let server: ScriptedHttp | undefined
afterEach(() => server?.[Symbol.asyncDispose]())

const answerWith = (body: string, ...headers: readonly string[]): string =>
  [`HTTP/1.1 200 OK`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers, '', body].join('\r\n')

async function serve(answer: (request: SeenRequest) => string | undefined): Promise<string> {
  server = await scriptedHttp((socket, request) => {
    const text = answer(request)
    if (text !== undefined) socket.write(text)
  })
  return new URL(server.origin).host
}

const ask = (environment: Readonly<Record<string, string>>): Promise<Record<string, string>> =>
  collectMetadata(environment, new AbortController().signal)

test('AWS: the execution environment, with the token that is never kept', async () => {
  const host = await serve(() => answerWith('{"AvailabilityZoneID":"euc1-az2"}', 'Cache-Control: private, max-age=43200, immutable'))
  const facts = await ask({ AWS_LAMBDA_METADATA_API: host, AWS_LAMBDA_METADATA_TOKEN: TOKEN })
  expect(facts).toEqual({ 'metadata/execution-environment': '{"AvailabilityZoneID":"euc1-az2"}' })
  expect(server?.requests).toMatchObject([{ path: AWS_PATH }])
  expect(server?.requests[0]?.headers.get('authorization')).toBe(`Bearer ${TOKEN}`)
})

test('a token that the service repeats is blotted out', async () => {
  const host = await serve(({ headers }) => answerWith(JSON.stringify({ echo: headers.get('authorization') })))
  const facts = await ask({ AWS_LAMBDA_METADATA_API: host, AWS_LAMBDA_METADATA_TOKEN: TOKEN })
  expect(facts).toEqual({ 'metadata/execution-environment': '{"echo":"Bearer [secret]"}' })
})

test('Google: the instance id, from a service that says it is Google', async () => {
  const id = '00bf4bf02d1f'.repeat(4)
  const host = await serve(({ headers }) => answerWith(headers.get('metadata-flavor') === 'Google' ? id : '', 'Metadata-Flavor: Google'))
  expect(await ask({ K_SERVICE: 'netfair', GCE_METADATA_HOST: host })).toEqual({ [`metadata${GOOGLE_PATH}`]: id })
  expect(server?.requests).toMatchObject([{ path: GOOGLE_PATH }])
})

test('another service under that name is not believed', async () => {
  const host = await serve(() => answerWith('00bf4bf02d1f'.repeat(4)))
  expect(await ask({ K_SERVICE: 'netfair', GCE_METADATA_HOST: host })).toEqual({})
})

test('nobody is asked on other platforms, without a token, or where Google has none', async () => {
  const host = await serve(() => answerWith('{}', 'Metadata-Flavor: Google'))
  const elsewhere = [
    {},
    { GCE_METADATA_HOST: host, AWS_LAMBDA_METADATA_API: host },
    { AWS_LAMBDA_METADATA_TOKEN: TOKEN, FUNCTION_NAME: 'x', WEBSITE_INSTANCE_ID: '0' },
    { K_SERVICE: 'netfair', GCE_METADATA_HOST: host, METADATA_SERVER_DETECTION: 'none' },
  ]
  for (const environment of elsewhere) expect(await ask(environment)).toEqual({})
  expect(server?.requests).toEqual([])
})

test('of an answer only small values are kept, and none that is called a secret', async () => {
  const planted = { token: 'planted-1', nested: { key: 'planted-2' }, list: ['planted-3'], page: `planted-4 ${'x'.repeat(80)}` }
  const host = await serve(() => answerWith(JSON.stringify({ ...planted, AvailabilityZoneID: 'euc1-az2' })))
  const facts = await ask({ AWS_LAMBDA_METADATA_API: host, AWS_LAMBDA_METADATA_TOKEN: TOKEN })
  expect(facts).toEqual({ 'metadata/execution-environment': '{"AvailabilityZoneID":"euc1-az2"}' })
  const both = await ask({ K_SERVICE: 'netfair', GCE_METADATA_HOST: host })
  expect(both).toEqual({})
})

test.each([
  ['silent', () => undefined],
  ['sending elsewhere', () => 'HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n'],
  ['silent after its head', () => 'HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{'],
  ['a page', () => answerWith('<html>sign in</html>', 'Metadata-Flavor: Google')],
  ['a list', () => answerWith('["euc1-az2"]')],
  ['nothing but tokens', () => answerWith('{"access_token":"planted"}')],
  ['no text', () => answerWith('\u0000\u0001\ufffd', 'Metadata-Flavor: Google')],
  ['refusing', () => 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'],
  ['no HTTP', () => 'what?\r\n\r\n'],
  ['endless', () => answerWith('x'.repeat(5000))],
  ['empty', () => answerWith('')],
])('%s: no fact, soon', async (_, answer) => {
  const host = await serve(answer)
  const before = performance.now()
  const everywhere = { AWS_LAMBDA_METADATA_API: host, AWS_LAMBDA_METADATA_TOKEN: TOKEN, K_SERVICE: 'netfair', GCE_METADATA_HOST: host }
  expect(await ask(everywhere)).toEqual({})
  // The deadline of 200 ms, of both at once.
  expect(performance.now() - before).toBeLessThan(600)
  expect(server?.requests).toHaveLength(2)
})

test('one that never ends, drop by drop or in a flood: the same deadline, and little is read', async () => {
  const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
  const timers: NodeJS.Timeout[] = []
  const [slow, flood] = await Promise.all(
    [1, 65_536].map((bytes) =>
      scriptedHttp((socket) => {
        socket.write(head)
        const chunk = `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`
        timers.push(setInterval(() => !socket.destroyed && socket.write(chunk), 5))
      }),
    ),
  )
  try {
    for (const one of [slow, flood]) {
      const host = new URL(one?.origin ?? '').host
      const before = performance.now()
      expect(await ask({ AWS_LAMBDA_METADATA_API: host, AWS_LAMBDA_METADATA_TOKEN: TOKEN })).toEqual({})
      expect(performance.now() - before).toBeLessThan(600)
      expect(one?.sockets[0]?.bytesWritten).toBeLessThan(4e6)
    }
  } finally {
    for (const timer of timers) clearInterval(timer)
    await Promise.all([slow, flood].map((one) => one?.[Symbol.asyncDispose]()))
  }
})

test.each(['127.0.0.1:1', 'not an address', ''])('"%s": no fact, no error', async (host) => {
  expect(await ask({ AWS_LAMBDA_METADATA_API: host, AWS_LAMBDA_METADATA_TOKEN: TOKEN })).toEqual({})
})
