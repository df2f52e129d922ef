import { expect, test } from 'vitest'
import { detectHost } from '../../../src/providers/local/detect-host.ts'
import { tracesOf } from './lab.ts'

test('everything is tried here, with evidence, and nothing of it remains', () => {
  const { capabilities, cgroups } = detectHost()
  const { userNamespace, ...others } = capabilities
  for (const [name, { works, evidence }] of Object.entries(others)) expect([name, works, evidence.length > 0]).toEqual([name, true, true])
  expect(userNamespace).toMatchObject({ works: false, untried: true })
  expect(cgroups?.version).toMatch(/^v[12]$/)
  expect(tracesOf(process.pid)).toEqual([])
})

test('without root the same is tried in a user namespace', () => {
  const { capabilities, cgroups } = detectHost('rootless')
  const { root, cgroups: groups, ...others } = capabilities
  for (const [name, { works, evidence }] of Object.entries(others)) expect([name, works, evidence.length > 0]).toEqual([name, true, true])
  expect([root.untried, groups.untried, cgroups]).toEqual([true, true, undefined])
  expect(tracesOf(process.pid)).toEqual([])
})

test('the machine is looked at once', () => {
  expect(detectHost()).toBe(detectHost())
  expect(detectHost('rootless')).toBe(detectHost('rootless'))
})
