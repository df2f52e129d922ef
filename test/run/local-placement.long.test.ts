import { afterAll, describe, expect, test } from 'vitest'
import { leftOf } from './lab.ts'
import { agreementWith, colocationOf, declaredIn, onlyOf, type Placement, placedRun, withheld } from './placed-run.ts'

// The identifiers of the local host tell all: who shares a host, and who does not. Without them nothing is made up.

afterAll(() => expect(leftOf(process.pid)).toEqual([]))

const cases: readonly Placement[] = [
  ...[1, 2, 4, 8].map((hosts) => ({ hosts, functions: [4, 26, 64], placement: 'spread' as const })),
  { hosts: 4, functions: [26], placement: 'blocked' },
]

describe.each(cases)('$hosts hosts, $functions functions, $placement', (placement) => {
  test('FMI 1.0', { timeout: 120_000 }, async () => {
    const journal = await placedRun(placement)
    expect(journal.samples.filter(({ outcome }) => outcome !== 'completed')).toEqual([])
    for (const concurrency of new Set(journal.rounds.map((round) => round.concurrency))) {
      const own = onlyOf(journal, concurrency)
      const truth = declaredIn(own)
      const { length: hosts } = [...new Set(truth.values())]
      expect({ hosts, instances: truth.size }).toEqual({
        hosts: Math.min(placement.hosts, truth.size),
        instances: placement.placement === 'spread' ? concurrency : concurrency * placement.hosts,
      })
      // Where every function is alone there is no pair to be right about.
      const fowlkesMallows = truth.size > hosts ? 1 : null
      const declared = await colocationOf(own)
      expect(declared.quality).toMatchObject({ fowlkesMallows, groupCountError: 0, unknownShare: 0 })
      expect(agreementWith(truth, declared)).toMatchObject({ fowlkesMallows, groupCountError: 0 })
      // By facts alone: the addresses, which agent and target saw for themselves.
      const hidden = await colocationOf(withheld(own))
      expect(agreementWith(truth, hidden)).toMatchObject({ fowlkesMallows, groupCountError: 0 })
      expect(hidden.unknownShare).toBe(0)
      // By what is left, which is that of the one machine below: nothing.
      const blind = await colocationOf(withheld(own, ['net/', 'egress', 'sys/class/net']))
      expect(blind).toMatchObject({ groups: [], unknownShare: 1, pairs: { sameHost: 0, sameVm: 0, sameSandbox: 0, differentHost: 0 } })
    }
  })
})
