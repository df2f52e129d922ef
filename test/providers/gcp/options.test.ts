import { describe, expect, test } from 'vitest'
import { NetfairError } from '../../../src/model/errors.ts'
import { checkDemand, checkGcpOptions, type GcpOptions } from '../../../src/providers/gcp/options.ts'
import { gcp } from '../../../src/providers/gcp.ts'

function refusal(refuse: () => unknown): NetfairError {
  try {
    refuse()
  } catch (error) {
    if (error instanceof NetfairError) return error
    throw error
  }
  throw new Error('not refused')
}

test.each<[GcpOptions, string]>([
  [{ generation: 1, vcpus: 1 }, '"vcpus" is only possible with generation 2, got 1'],
  [{ generation: 1, timeoutSeconds: 541 }, 'above 540'],
  [{ invokeBy: 'call' }, '2nd generation do not know'],
  [{ region: 'Iowa' }, '"region"'],
  [{ vcpus: 9 }, '"vcpus"'],
  [{ memoryMb: 2048 } as GcpOptions, 'unknown key "memoryMb"'],
])('refuses %o', (options, message) => {
  expect(refusal(() => gcp(options)).message).toContain(message)
})

test('defaults to the 2nd generation by HTTPS', () => {
  expect(checkGcpOptions({})).toEqual({ generation: 2, timeoutSeconds: 540, invokeBy: 'https' })
})

describe('what is refused without asking anybody', () => {
  const gen1 = checkGcpOptions({ generation: 1 })
  const gen2 = checkGcpOptions({})

  test.each([
    [gen2, 3008, '2048 and 4096'],
    [gen2, 64, '128'],
    [gen2, 65_536, '32768'],
    [gen1, 16_384, '8192'],
  ])('memory that is not offered, with the nearest sizes', (settings, memoryMb, nearest) => {
    const { code, hint } = refusal(() => checkDemand(settings, [memoryMb], 1))
    expect(code).toBe('INVALID_MEMORY')
    expect(hint).toContain(nearest)
  })

  test.each([
    [gen2, 1001, '1000'],
    [gen1, 3001, '3000'],
    [gen2, 0, '1'],
    [gen2, 1.5, '1000'],
  ])('concurrency beyond the limit', (settings, concurrency, limit) => {
    const { code, message } = refusal(() => checkDemand(settings, [2048], concurrency))
    expect(code).toBe('INVALID_CONCURRENCY')
    expect(message).toContain(limit)
  })
})

test('a provider says by which prices it is billed before it asks anybody', () => {
  expect(gcp({ region: 'us-central1', vcpus: 2 }).billedAs).toEqual({ name: 'gcp', variant: 'gen2', region: 'us-central1', vcpus: 2 })
  expect(gcp({ region: 'us-central1', generation: 1 }).billedAs).toEqual({ name: 'gcp', variant: 'gen1', region: 'us-central1' })
})

test('without a region nothing is checked or deployed', async () => {
  await expect(gcp().check()).rejects.toMatchObject({ code: 'MISSING_OPTION' })
})

test('an invocation that Google would cut off is refused before anybody is asked', async () => {
  await expect(gcp({ region: 'us-central1' }).check({ invocationMs: 541_000 })).rejects.toMatchObject({
    code: 'INVOCATION_TOO_LONG',
    hint: expect.stringContaining('Set timeoutSeconds to 541'),
  })
})
