import { expect, test } from 'vitest'
import { goodputCases, objectGoodput } from './object-goodput.ts'

test.each(goodputCases)(
  'goodput is within 2 % of the link: $megabits Mbit/s, $direction by $transport',
  async (wanted) => {
    const ratio = await objectGoodput(wanted, { seconds: 3, repetitions: 5 })
    console.log(`${wanted.megabits} Mbit/s, ${wanted.direction} by ${wanted.transport}: ${ratio.toFixed(4)} of the link`)
    expect(Math.abs(ratio - 1)).toBeLessThan(0.02)
  },
  120_000,
)
