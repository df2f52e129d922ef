import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSealedWith, sealTask, type TaskContent } from '../../src/model/sealed-task.ts'
import type { Task } from '../../src/model/task.ts'

const target = { iperf3: 'host:1', http: 'http://host:2', token: 'token' }
const content: TaskContent = {
  expiresAtMs: 1_790_000_000_000,
  run: '3f0c',
  round: '2048MB-n1-download-r0',
  attempt: 0,
  invocation: 0,
  concurrency: 1,
  direction: 'download',
  probe: { name: 'iperf3', version: '1.0.0', params: { seconds: 2, parallel: 1 } },
  target,
  targetIndex: 0,
  rendezvous: target,
  readyTimeoutMs: 15_000,
  deadlineMs: 30_000,
}
const withParams = (params: object): TaskContent => ({ ...content, probe: { ...content.probe, params: params as Record<string, unknown> } })
/** The same, its keys in the opposite order. */
const reversed = (value: unknown): unknown =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, one]) => [key, reversed(one)]),
      )

test('a seal holds whatever the parameters, as JSON and in another order of keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string({ minLength: 1 }), (params, secret) => {
      const carried = JSON.parse(JSON.stringify(sealTask(withParams(params), secret))) as Task
      expect(isSealedWith(secret, carried)).toBe(true)
      expect(isSealedWith(secret, reversed(carried) as Task)).toBe(true)
    }),
  )
})

test('what JSON does not carry is not sealed', () => {
  const sealed = sealTask(withParams({ seconds: 2, nothing: undefined, code: () => 1 }), 'secret')
  expect(isSealedWith('secret', JSON.parse(JSON.stringify(sealed)) as Task)).toBe(true)
})

test.each<[string, Partial<Task>]>([
  ['expiry', { expiresAtMs: content.expiresAtMs + 1 }],
  ['run', { run: 'another' }],
  ['round', { round: 'another' }],
  ['attempt', { attempt: 1 }],
  ['invocation', { invocation: 1 }],
  ['target', { target: { ...target, http: 'http://elsewhere:2' } }],
  ['token', { rendezvous: { ...target, token: 'another' } }],
  ['module', { probe: { ...content.probe, module: 'file:///tmp/a.js' } }],
  ['seal', { seal: '' }],
  ['length of the seal', { seal: `${sealTask(content, 'secret').seal}=` }],
])('a changed %s breaks the seal', (_, change) => {
  expect(isSealedWith('secret', { ...sealTask(content, 'secret'), ...change })).toBe(false)
})

test('another secret, and none, open nothing', () => {
  expect(isSealedWith('another', sealTask(content, 'secret'))).toBe(false)
  expect(isSealedWith('', sealTask(content, ''))).toBe(false)
  expect(JSON.stringify(sealTask(content, 'planted-secret'))).not.toContain('planted')
})

test('a task that is sealed again has a seal of its own', () => {
  const again = sealTask({ ...sealTask(content, 'one'), invocation: 1 }, 'other')
  expect(isSealedWith('other', again)).toBe(true)
})
