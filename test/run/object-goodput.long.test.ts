import { expect, test } from 'vitest'
import { goodputCases, objectGoodput } from './object-goodput.ts'

// A busy machine takes some of it away, and gives nothing. `object-goodput.quiet.test.ts` has the narrow bound.
test.each(goodputCases)('goodput against the link: $megabits Mbit/s, $direction by $transport', async (wanted) => {
  const ratio = await objectGoodput(wanted, { seconds: 2, repetitions: 1 })
  console.log(`${wanted.megabits} Mbit/s, ${wanted.direction} by ${wanted.transport}: ${ratio.toFixed(4)} of the link`)
  expect(ratio).toBeGreaterThan(wanted.megabits === 100 ? 0.95 : 0.85)
  expect(ratio).toBeLessThan(1.02)
})
