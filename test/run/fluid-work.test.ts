import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fluidMakespanMs } from './fluid-work.ts'

const link = { chunkBytes: 1_000_000, bitsPerSecond: 80e6 }

test('a link that all share takes the same time for any number of functions', () => {
  for (const functions of [1, 2, 5, 26]) expect(fluidMakespanMs({ ...link, chunks: 26, functions })).toBeCloseTo(2600, 6)
})

test('capped functions: whole waves, then a last one in which each has more', () => {
  const capped = { ...link, capBitsPerSecond: 20e6 }
  expect(fluidMakespanMs({ ...capped, chunks: 8, functions: 2 })).toBeCloseTo(1600, 6)
  expect(fluidMakespanMs({ ...capped, chunks: 8, functions: 4 })).toBeCloseTo(800, 6)
  expect(fluidMakespanMs({ ...capped, chunks: 8, functions: 8 })).toBeCloseTo(800, 6)
  expect(fluidMakespanMs({ ...capped, chunks: 7, functions: 5 })).toBeCloseTo(500 + 400, 6)
})

test('the time between two chunks costs one function alone all of it, and many nothing', () => {
  expect(fluidMakespanMs({ ...link, chunks: 10, functions: 1, betweenMs: 20 })).toBeCloseTo(1000 + 9 * 20, 6)
  expect(fluidMakespanMs({ ...link, chunks: 40, functions: 8, betweenMs: 20 })).toBeLessThan(4000 * 1.03)
})

test('it is never faster than the link or the functions, and ends', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 1e6, max: 100e6, noNaN: true }),
      fc.double({ min: 0, max: 50, noNaN: true }),
      (functions, more, capBitsPerSecond, betweenMs) => {
        const chunks = functions + more
        const tookMs = fluidMakespanMs({ ...link, functions, chunks, capBitsPerSecond, betweenMs })
        const linkMs = (8000 * chunks * link.chunkBytes) / link.bitsPerSecond
        const cap = Math.min(capBitsPerSecond, link.bitsPerSecond)
        const oneMs = Math.ceil(chunks / functions) * ((8000 * link.chunkBytes) / cap)
        expect(tookMs).toBeGreaterThanOrEqual(Math.max(linkMs, oneMs) * (1 - 1e-9))
        expect(tookMs).toBeLessThanOrEqual(linkMs + oneMs + chunks * betweenMs + 1e-6)
      },
    ),
  ))
