import { describe, expect, test } from 'vitest'
import { gatewayOf, sandboxAddress, subnetOf, uplinkHostAddress, uplinkServerAddress } from '../../../src/providers/local/addresses.ts'
import { limitSettings } from '../../../src/providers/local/cgroup.ts'
import type { Settings } from '../../../src/providers/local/options.ts'
import { isOwnerAlive, newRunName, runNameOf } from '../../../src/providers/local/run-name.ts'
import { checkDeployment, limitsOf } from '../../../src/providers/local/sandbox-limits.ts'
import { sandboxShaping, uplinkQueueMs, uplinkShaping } from '../../../src/providers/local/shaping.ts'
import { startTimeOf } from '../../../src/providers/process-life.ts'

const settings: Settings = { sharing: 'fifo', uplinkBitsPerSecond: 600e6, hosts: 1, placement: 'blocked', vcpus: 2 }

describe('addresses', () => {
  test('carry into the next byte, and stay apart from host to host', () => {
    expect(sandboxAddress(0, 0)).toBe('198.18.0.1')
    expect(sandboxAddress(0, 255)).toBe('198.18.1.0')
    expect(sandboxAddress(0, 999)).toBe('198.18.3.232')
    expect(gatewayOf(0)).toBe('198.18.3.254')
    expect([subnetOf(1), subnetOf(63)]).toEqual(['198.18.4.0/22', '198.18.252.0/22'])
    expect([uplinkHostAddress(1), uplinkServerAddress(1), uplinkServerAddress(63)]).toEqual(['198.19.0.5', '198.19.0.6', '198.19.0.254'])
  })
})

describe('shaping', () => {
  test('a bucket holds 64 kB or 4 ms of the rate, whichever is more', () => {
    expect(uplinkShaping({ ...settings, uplinkBitsPerSecond: 50e6 })).toContain(
      'qdisc add dev br0 root tbf rate 50000000bit burst 65536 limit 131072',
    )
    expect(uplinkShaping(settings)).toContain('qdisc add dev up0 root tbf rate 600000000bit burst 300000 limit 1500000')
  })

  test('the uplink queue is as long as asked for, and never too short for TCP', () => {
    const queue = (options: Partial<Settings>): number | undefined => uplinkQueueMs({ ...settings, ...options })
    expect(uplinkShaping({ ...settings, queueMs: 100 })).toContain(
      'qdisc add dev br0 root tbf rate 600000000bit burst 300000 limit 7500000',
    )
    expect([queue({}), queue({ queueMs: 100 }), queue({ sharing: 'capped', capBitsPerSecond: 1e6, queueMs: 50 })]).toEqual([20, 100, 50])
    expect(queue({ uplinkBitsPerSecond: 10e6 })).toBeCloseTo(104.9, 1)
    expect([queue({ sharing: 'fair' }), queue({ sharing: 'none' })]).toEqual([undefined, undefined])
  })

  test('guarantees of fair shrink to make room for new sandboxes, and each keeps its class', () => {
    const lines = sandboxShaping({ ...settings, sharing: 'fair' }, [{ host: 1, index: 2, namespace: 'x' }], new Set([0, 1]))
    const rates = lines
      .filter((line) => line.startsWith('class'))
      .map((line) => /dev (\S+) .* classid (\S+) htb rate (\d+)bit/.exec(line)?.slice(1))
    expect(rates).toEqual(['br0', 'up0'].flatMap((device) => ['1:10', '1:11', '1:12'].map((id) => [device, id, '200000000'])))
    expect(lines.filter((line) => line.startsWith('filter'))).toEqual([
      'filter add dev br0 parent 1: protocol ip prio 1 u32 match ip dst 198.18.4.3/32 flowid 1:12',
      'filter add dev up0 parent 1: protocol ip prio 1 u32 match ip src 198.18.4.3/32 flowid 1:12',
    ])
  })
})

describe('limits', () => {
  test('CPU time is in proportion to memory, and not limited where all cores are due', () => {
    expect(limitsOf(128, 2, { cores: 2 })).toEqual({ memoryBytes: 134_217_728, cpuQuotaUs: 8511 })
    expect(limitsOf(3008, 2, { cores: 2 })).toEqual({ memoryBytes: 3_154_116_608 })
  })

  test('are written as each version of cgroups wants them', () => {
    const limits = { memoryBytes: 134_217_728, cpuQuotaUs: 8511 }
    const written = (version: 'v1' | 'v2'): string[] => limitSettings(version, limits).map(({ file, value }) => `${file}=${value}`)
    expect(written('v2')).toEqual(['cpu.max=8511 100000', 'memory.max=134217728', 'memory.swap.max=0'])
    expect(written('v1')).toContain('cpu.cfs_quota_us=8511')
    expect(limitSettings('v2', { memoryBytes: 1 })[0]?.value).toBe('max 100000')
  })

  test.each([
    ['less memory than node needs', 32, 1, {}, 'INVALID_MEMORY'],
    ['more memory than the machine has', 8192, 1, {}, 'INVALID_MEMORY'],
    ['a part of a megabyte', 128.5, 1, {}, 'INVALID_MEMORY'],
    ['a CPU share below the kernel’s floor', 64, 1, { vcpus: 0.1 }, 'INVALID_MEMORY'],
    ['no function', 128, 0, {}, 'INVALID_CONCURRENCY'],
    ['more functions than a bridge has ports', 128, 1001, {}, 'INVALID_CONCURRENCY'],
    ['too many over all hosts', 128, 600, { hosts: 2 }, 'INVALID_CONCURRENCY'],
  ])('refuses %s', (_, memoryMb, concurrency, options, code) => {
    const check = (): void => checkDeployment(memoryMb, concurrency, { ...settings, ...options }, { cores: 2, memoryBytes: 4096 * 2 ** 20 })
    expect(check).toThrow(expect.objectContaining({ name: 'InputError', code }))
  })
})

describe('run names', () => {
  test('say which process owns them', () => {
    const run = newRunName()
    expect(run).toMatch(new RegExp(`^netfair-${process.pid}-${startTimeOf(process.pid)}-`))
    expect([runNameOf(`${run}-h0-s12`), runNameOf(run), runNameOf('netfair-notes'), runNameOf('docker')]).toEqual([
      run,
      run,
      undefined,
      undefined,
    ])
    expect(isOwnerAlive(run)).toBe(true)
  })

  test('a later process with the same number is not the owner', () => {
    expect(isOwnerAlive(`netfair-${process.pid}-1-abcdef`)).toBe(false)
    expect(isOwnerAlive('netfair-4194305-1-abcdef')).toBe(false)
  })
})
