import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BodyReader } from '../../src/agent/body-reader.ts'
import type { Framing } from '../../src/agent/http-head.ts'

interface Read {
  readonly payloadBytes: number
  readonly complete: boolean
  /** Bytes behind the end of the body. */
  readonly over: number
}

/** Reads the text in the pieces that the cuts make of it, all through one buffer, as a socket would. */
function read(framing: Framing, text: string, cuts: readonly number[] = [], ended = false): Read {
  const bytes = Buffer.from(text, 'latin1')
  const buffer = Buffer.alloc(Math.max(1, bytes.length), '\n')
  const body = new BodyReader(framing)
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].toSorted((a, b) => a - b)
  let from = 0
  let over = 0
  for (const end of ends) {
    bytes.copy(buffer, 0, from, end)
    over += end - from - body.take(buffer, 0, end - from)
    from = end
  }
  if (ended) body.end()
  return { payloadBytes: body.payloadBytes, complete: body.complete, over }
}

const chunked: Framing = { kind: 'chunked' }
const malformed = expect.objectContaining({ code: 'HTTP_MALFORMED' })

const chunk = fc
  .record({
    data: fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 40 }),
    extension: fc.constantFrom('', ';a=b', ' ; c'),
    upper: fc.boolean(),
  })
  .map(({ data, extension, upper }) => {
    const size = data.length.toString(16)
    return { bytes: data.length, text: `${upper ? size.toUpperCase() : size}${extension}\r\n${data}\r\n` }
  })
const trailers = fc.constantFrom('', 'X-A: b\r\n', 'X-A: b\r\nX-C: d\r\n')
const cuts = fc.array(fc.nat(), { maxLength: 20 })

describe('however a body is cut, its count is the same', () => {
  test('by length', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(50), cuts, (bytes, over, at) => {
        expect(read({ kind: 'length', bytes }, 'x'.repeat(bytes + over), at)).toEqual({ payloadBytes: bytes, complete: true, over })
      }),
    )
  })

  test('chunked', () => {
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 6 }), trailers, fc.nat(50), cuts, (chunks, end, over, at) => {
        const text = `${chunks.map((one) => one.text).join('')}0\r\n${end}\r\n${'x'.repeat(over)}`
        const payloadBytes = chunks.reduce((sum, { bytes }) => sum + bytes, 0)
        expect(read(chunked, text, at)).toEqual({ payloadBytes, complete: true, over })
      }),
      { numRuns: 500 },
    )
  })

  test('up to the close', () => {
    fc.assert(
      fc.property(fc.nat(500), cuts, fc.boolean(), (bytes, at, ended) => {
        expect(read({ kind: 'close' }, 'x'.repeat(bytes), at, ended)).toEqual({ payloadBytes: bytes, complete: ended, over: 0 })
      }),
    )
  })

  test('malformed chunks are found at every cut', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('x\r\n', '5 hello\r\n', '1\r\nab\r\n', '1\r\na\r\r\n', '-1\r\n', '\r\n', '1\n', '0x1\r\n'),
        cuts,
        (text, at) => {
          expect(() => read(chunked, text, at)).toThrowError(malformed)
        },
      ),
    )
  })
})

test('a body without bytes is complete before any came', () => {
  expect(new BodyReader({ kind: 'length', bytes: 0 }).complete).toBe(true)
})

test('a body that is cut short is not complete, and tells how much is missing', () => {
  const body = new BodyReader({ kind: 'length', bytes: 10 })
  expect(body.take(Buffer.alloc(4), 0, 4)).toBe(4)
  body.end()
  expect(body).toMatchObject({ complete: false, aheadBytes: 6 })
})

test.each([
  ['an endless size line', `1;${'a'.repeat(300)}`],
  ['endless trailers', `0\r\n${'A: b\r\n'.repeat(4000)}`],
  ['a chunk of more than 2^48 bytes', '1000000000000\r\n'],
])('%s is malformed', (_, text) => {
  expect(() => read(chunked, text)).toThrowError(malformed)
})

test('no bytes make it throw anything but its own error, or count more than came', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('0', '1', 'a', 'F', '\r', '\n', ';', 'x'), maxLength: 60 }), cuts, (text, at) => {
      try {
        expect(read(chunked, text, at).payloadBytes).toBeLessThanOrEqual(text.length)
      } catch (error) {
        expect(error).toEqual(malformed)
      }
    }),
    { numRuns: 1000 },
  )
})
