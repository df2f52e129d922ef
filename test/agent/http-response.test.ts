import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_RESPONSE_BYTES, parseResponse } from '../../src/agent/http-response.ts'

const parse = (text: string, ended = false) => parseResponse(Buffer.from(text, 'latin1'), ended)

describe('answers', () => {
  test('by Content-Length', () => {
    const answer = parse('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A:  b \r\n\r\nhello')
    expect(answer).toMatchObject({ status: 200, body: 'hello', keepAlive: true })
    expect(answer?.headers.get('x-a')).toBe('b')
  })

  test('chunked, with an extension and trailers', () => {
    const text = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nX: y\r\n\r\n'
    expect(parse(text)).toMatchObject({ body: 'hello!', keepAlive: true })
  })

  test('up to the close', () => {
    const text = 'HTTP/1.1 200 OK\r\n\r\nhello'
    expect(parse(text)).toBeUndefined()
    expect(parse(text, true)).toMatchObject({ body: 'hello', keepAlive: false })
  })

  test('after an interim answer', () => {
    expect(parse('HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n')).toMatchObject({ status: 204, body: '' })
  })

  test('of a server that closes, or of HTTP/1.0', () => {
    expect(parse('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')).toMatchObject({ keepAlive: false })
    expect(parse('HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n')).toMatchObject({ keepAlive: false })
  })
})

test.each([
  ['another protocol', 'SSH-2.0-OpenSSH'],
  ['a bad status', 'HTTP/1.1 2xx OK\r\n\r\n'],
  ['a header without a colon', 'HTTP/1.1 200 OK\r\nhello\r\n\r\n'],
  ['a folded header', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
  ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
  ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['an unknown encoding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
  ['a bad chunk size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
  ['a chunk without its end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n'],
  ['bytes after its end', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab'],
  ['an endless head', `HTTP/1.1 200 OK\r\nA: ${'a'.repeat(20_000)}`],
  ['an endless size line', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1'.repeat(300)}`],
])('%s is malformed', (_, text) => {
  expect(() => parse(text)).toThrowError(expect.objectContaining({ code: 'HTTP_MALFORMED' }))
})

test.each([
  ['by its length', `HTTP/1.1 200 OK\r\nContent-Length: ${MAX_RESPONSE_BYTES + 1}\r\n\r\n`],
  ['by its chunks', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${MAX_RESPONSE_BYTES.toString(16)}\r\n`],
  ['up to the close', `HTTP/1.1 200 OK\r\n\r\n${'a'.repeat(MAX_RESPONSE_BYTES)}`],
])('an answer that is too long %s is refused', (_, text) => {
  expect(() => parse(text)).toThrowError(expect.objectContaining({ code: 'HTTP_TOO_LONG' }))
})

const chunked = (chunks: readonly string[]) =>
  `${chunks.map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`

test('whatever prefix has arrived, an answer is complete only as a whole', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(fc.array(text, { maxLength: 5 }), fc.boolean(), (parts, asChunks) => {
      const body = parts.join('')
      const framing = asChunks ? 'Transfer-Encoding: chunked' : `Content-Length: ${Buffer.byteLength(body)}`
      const whole = Buffer.from(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n${asChunks ? chunked(parts) : body}`)
      for (let length = 0; length < whole.length; length++) expect(parseResponse(whole.subarray(0, length), false)).toBeUndefined()
      expect(parseResponse(whole, false)).toMatchObject({ body })
    }),
    { numRuns: 50 },
  )
})

test('no bytes make it throw anything but its own errors', () => {
  const head = fc.constantFrom('', 'HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
  fc.assert(
    fc.property(head, fc.uint8Array({ maxLength: 200 }), fc.boolean(), (start, bytes, ended) => {
      try {
        parseResponse(Buffer.concat([Buffer.from(start), bytes]), ended)
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^HTTP_/) })
      }
    }),
  )
})
