import { expect, test } from 'vitest'
import { settleAll } from '../../../src/providers/local/settle-all.ts'

test('all values, in order', async () => {
  expect(await settleAll([Promise.resolve(1), Promise.resolve(2)])).toEqual([1, 2])
})

test('a failure is thrown once nothing is at work any more', async () => {
  const slow = Promise.withResolvers<void>()
  let over = false
  const all = settleAll([Promise.reject(new Error('first')), slow.promise]).finally(() => {
    over = true
  })
  all.catch(() => {})
  await new Promise((resolve) => setImmediate(resolve))
  expect(over).toBe(false)
  slow.resolve()
  await expect(all).rejects.toThrow('first')
})
