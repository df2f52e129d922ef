import { expect, test } from 'vitest'
import { parseCpuStat, statPaths, throttledShare } from '../../src/agent/cpu-quota.ts'

test.each([
  ['v1', '2:cpuacct:/a\n1:cpu:/netfair/x\n0::/', '/sys/fs/cgroup/cpu/netfair/x/cpu.stat'],
  [
    'v1, two controllers together',
    '9:cpu,cpuacct:/sandbox-root-siNKWg/sandbox-36b98a\n',
    '/sys/fs/cgroup/cpu,cpuacct/sandbox-root-siNKWg/sandbox-36b98a/cpu.stat',
  ],
  ['v2', '0::/kubepods.slice/a:b.scope\n', '/sys/fs/cgroup/kubepods.slice/a:b.scope/cpu.stat'],
])('where cpu.stat is: %s', (_, cgroups, path) => {
  expect(statPaths(cgroups)[0]).toBe(path)
})

test('no cgroup, no place', () => {
  expect(statPaths('')).toEqual([])
})

test('cpu.stat of both versions', () => {
  const v1 = 'nr_periods 120\nnr_throttled 37\nthrottled_time 1234\n'
  const v2 = 'usage_usec 5\nuser_usec 3\nsystem_usec 2\nnr_periods 120\nnr_throttled 37\nthrottled_usec 9\n'
  for (const text of [v1, v2]) expect(parseCpuStat(text)).toEqual({ periods: 120, throttled: 37 })
  expect(parseCpuStat('usage_usec 5\n')).toBeUndefined()
})

test('share of the periods in between; unknown without periods', () => {
  const at = (periods: number, throttled: number) => ({ periods, throttled })
  expect(throttledShare(at(100, 10), at(120, 15))).toBe(0.25)
  expect(throttledShare(at(100, 10), at(100, 10))).toBeUndefined()
  expect(throttledShare(undefined, at(100, 10))).toBeUndefined()
})
