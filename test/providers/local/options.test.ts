import { expect, test } from 'vitest'
import { type LocalOptions, local } from '../../../src/providers/local.ts'

const good: LocalOptions = { sharing: 'fifo', uplinkBitsPerSecond: 600e6 }
const refusal = (options: object): { code: string; message: string; hint: string } => {
  try {
    local(options as LocalOptions)
  } catch (error) {
    return error as { code: string; message: string; hint: string }
  }
  throw new Error('was accepted')
}

test('fills in defaults and names itself without looking at the machine', () => {
  const provider = local(good)
  expect(provider.name).toBe('local')
  expect(provider.options).toEqual({
    ...good,
    queueMs: 20,
    hosts: 1,
    placement: 'blocked',
    vcpus: 2,
    runner: 'process',
  })
})

test('an uplink may be left out only where there is no limit', () => {
  expect(local({ sharing: 'none' }).options).not.toHaveProperty('uplinkBitsPerSecond')
  expect(refusal({ sharing: 'fifo' })).toMatchObject({ code: 'MISSING_OPTION', message: expect.stringContaining('uplinkBitsPerSecond') })
})

test('a cap belongs to capped, needs to be felt, and is needed there', () => {
  expect(refusal({ ...good, sharing: 'capped' })).toMatchObject({
    code: 'MISSING_OPTION',
    message: expect.stringContaining('capBitsPerSecond'),
  })
  expect(refusal({ ...good, capBitsPerSecond: 20e6 })).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining('fifo') })
  expect(refusal({ ...good, sharing: 'capped', capBitsPerSecond: 700e6 })).toMatchObject({ code: 'INVALID_OPTION' })
})

test('a queue belongs to an uplink that all share', () => {
  expect(local({ ...good, queueMs: 100 }).options).toMatchObject({ queueMs: 100 })
  expect(local({ ...good, sharing: 'capped', capBitsPerSecond: 20e6 }).options).toMatchObject({ queueMs: 20 })
  expect(local({ ...good, sharing: 'fair' }).options).not.toHaveProperty('queueMs')
  for (const sharing of ['fair', 'none']) {
    expect(refusal({ ...good, sharing, queueMs: 20 })).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining(sharing) })
  }
})

test.each([['privileged'], ['rootless'], ['plain']] as const)('tier %s may be asked for', (tier) => {
  expect(local({ ...good, tier }).options).toMatchObject({ tier })
})

test('runner docker belongs to the privileged tier', () => {
  expect(local({ ...good, runner: 'docker', tier: 'privileged' }).options).toMatchObject({ runner: 'docker' })
  expect(refusal({ ...good, runner: 'docker', tier: 'rootless' })).toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringContaining('rootless'),
  })
})

test.each([
  ['uplink below 1 Mbit/s', { ...good, uplinkBitsPerSecond: 600 }, 'uplinkBitsPerSecond'],
  ['uplink that is no number', { ...good, uplinkBitsPerSecond: Number.NaN }, 'uplinkBitsPerSecond'],
  ['uplink as text', { ...good, uplinkBitsPerSecond: '600e6' }, 'uplinkBitsPerSecond'],
  ['unknown sharing', { ...good, sharing: 'lifo' }, 'sharing'],
  ['no hosts', { ...good, hosts: 0 }, 'hosts'],
  ['half a host', { ...good, hosts: 1.5 }, 'hosts'],
  ['too many hosts', { ...good, hosts: 65 }, 'hosts'],
  ['a queue of no length', { ...good, queueMs: 0 }, 'queueMs'],
  ['a queue of more than a second', { ...good, queueMs: 1001 }, 'queueMs'],
  ['no CPU', { ...good, vcpus: 0 }, 'vcpus'],
  ['unknown placement', { ...good, placement: 'random' }, 'placement'],
])('refuses %s', (_, options, key) => {
  expect(refusal(options)).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining(`"${key}"`) })
})

test('a typo is answered with the nearest key', () => {
  expect(refusal({ ...good, uplinkBitPerSecond: 1e6 })).toMatchObject({
    code: 'UNKNOWN_OPTION',
    hint: expect.stringContaining('uplinkBitsPerSecond'),
  })
})
