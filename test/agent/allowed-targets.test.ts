import { expect, test } from 'vitest'
import { isAllowed } from '../../src/agent/allowed-targets.ts'

const allowed = ['198.19.0.2:5201', 'http://198.19.0.2:5202', 'https://Target.example', '[::1]:5201']

test.each([
  '198.19.0.2:5201',
  'http://198.19.0.2:5202',
  'http://198.19.0.2:5202/',
  '198.19.0.2:5202',
  'https://target.example:443',
  'target.example:443',
  '[::1]:5201',
])('%s is allowed', (address) => {
  expect(isAllowed(address, allowed)).toBe(true)
})

test.each([
  '198.19.0.2:5203',
  '198.19.0.20:5201',
  'https://198.19.0.2:5202',
  'http://198.19.0.2:5201',
  'http://198.19.0.2:5202@evil.example',
  'http://evil.example/?http://198.19.0.2:5202',
  'http://user@198.19.0.2:5202',
  'http://198.19.0.2:5202/path',
  'file:///etc/passwd',
  'target.example:80',
  '198.19.0.2',
  '',
  '198.19.0.2:5201\r\nx',
])('%j is not', (address) => {
  expect(isAllowed(address, allowed)).toBe(false)
})
