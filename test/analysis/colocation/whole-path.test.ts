import fc from 'fast-check'
import { expect, test } from 'vitest'
import { analyzeColocation } from '../../../src/analysis/analyze-journal.ts'
import { groupBy } from '../../../src/analysis/colocation/group-by.ts'
import type { InstanceFacts } from '../../../src/analysis/colocation/observation.ts'
import { loadJournal } from '../../../src/journal/reader.ts'
import { journalText, syntheticJournal } from '../../../src/testing/index.ts'
import { TRAPS, type Trap } from './fixtures.ts'

/** From a journal's text to pairs that share a sandbox, a machine or a host; as `netfair colocation` does it. */
async function pairsFound(instances: readonly InstanceFacts[]): Promise<string[]> {
  const { experiment, rounds, samples } = syntheticJournal({ concurrency: [1], rounds: 1 })
  const [first] = instances
  const [round, sample] = [rounds[0], samples[0]]
  if (round === undefined || sample === undefined || first === undefined) throw new Error('nothing')
  const { host: _, intervals: __, bytes: ___, ...plain } = sample
  const text = journalText({
    experiment: { ...experiment, provider: { name: first.provider, ...(first.region !== undefined && { region: first.region }) } },
    rounds: [{ ...round, concurrency: instances.length }],
    samples: instances.map(({ instance, facts, fromMs, toMs, host }, invocation) => ({
      ...plain,
      bytes: 0,
      intervals: [],
      invocation,
      instance,
      facts,
      startedAtMs: fromMs,
      endedAtMs: Math.max(toMs, fromMs + 1e-3),
      ...(host !== undefined && { host }),
    })),
    excluded: [],
    warnings: [],
  })
  const finding = analyzeColocation(await loadJournal(bytesOf(text)))
  const places = finding?.groups.filter(({ level }) => level !== 'same-egress') ?? []
  return [...new Set(places.flatMap((group) => pairsOf(group.instances)))].sort()
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}

const pairsOf = (names: readonly string[]): string[] =>
  names.flatMap((a, index) => names.slice(index + 1).map((b) => [a, b].sort().join(' ')))

/** Those of one provider, account and region: a journal is of one. */
const worldsOf = ({ instances }: Trap): InstanceFacts[][] => [
  ...groupBy(instances, ({ provider, account, region }) => `${provider} ${account} ${region}`).values(),
]

/** Pairs that belong together, and whoever is together with both of a pair. */
function together({ linked }: Trap): ReadonlySet<string> {
  const { egress: _, ...places } = linked
  const root = new Map<string, string>()
  const find = (name: string): string => (root.get(name) === undefined ? name : find(root.get(name) ?? name))
  for (const [a, b] of Object.values(places).flat()) if (find(a) !== find(b)) root.set(find(a), find(b))
  const names = [...new Set(Object.values(places).flat(2))]
  return new Set(pairsOf(names).filter((pair) => new Set(pair.split(' ').map(find)).size === 1))
}

test.each(TRAPS)('$name: $case', async (trap) => {
  for (const world of worldsOf(trap)) {
    for (const pair of await pairsFound(world)) expect([...together(trap)]).toContain(pair)
  }
})

/** Several traps of one provider in one journal, their eras mixed; texts cut off or lost. Local hosts are the same ones in all traps. */
const clouds = TRAPS.filter(({ instances }) => instances.every(({ provider }) => provider !== 'local'))
const worlds = clouds.flatMap((trap, number) =>
  worldsOf(trap).map((world) => ({
    provider: world[0]?.provider,
    region: world[0]?.region,
    instances: world.map((one) => ({ ...one, instance: `t${number}.${one.instance}` })),
    right: new Set(
      [...together(trap)].map((pair) =>
        pair
          .split(' ')
          .map((name) => `t${number}.${name}`)
          .sort()
          .join(' '),
      ),
    ),
  })),
)

/** Names of machines that fixtures use again: two traps with one of them are one machine. */
const machinesOf = (instances: readonly InstanceFacts[]): ReadonlySet<string> =>
  new Set(
    instances.flatMap(({ facts }) =>
      Object.values(facts).flatMap(
        (text) => text.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|sandbox-root-\w{6}|[0-9a-f]{24,}/g) ?? [],
      ),
    ),
  )

const areApart = (some: readonly InstanceFacts[], others: readonly InstanceFacts[]): boolean => {
  const machines = machinesOf(others)
  return [...machinesOf(some)].every((machine) => !machines.has(machine))
}

/**
 * What names and addresses are read from, damaged alike in all instances of a trap. What proves two apart stays whole, and so do some names
 * where others lose theirs: without the proof nobody could know that they are apart.
 */
const NAMING = /^(?:proc\/self\/|net\/|sys\/class\/net\/|egress$|proc\/meminfo$)/

const damage = fc.record({
  cut: fc.option(fc.nat(60), { nil: undefined, freq: 3 }),
  lose: fc.option(fc.nat(20), { nil: undefined, freq: 3 }),
  later: fc.constantFrom(0, 0, 1, 60_000),
})

test('traps mixed, texts cut off and lost, clocks skewed: nobody is linked who is not together', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(worlds.length - 1), { minLength: 2, maxLength: 4 }),
      fc.array(damage, { minLength: 4, maxLength: 4 }),
      async (chosen, damages) => {
        const [first] = chosen.map((index) => worlds[index])
        const mixed = chosen
          .flatMap((index) => worlds[index] ?? [])
          .filter(({ provider, region }) => provider === first?.provider && region === first?.region)
        fc.pre(mixed.every((one, index) => mixed.slice(index + 1).every((other) => areApart(one.instances, other.instances))))
        const instances = mixed.flatMap((world, index) =>
          world.instances.map((one) => {
            const { cut, lose, later = 0 } = damages[index % damages.length] ?? {}
            const keys = Object.keys(one.facts)
            const kept = Object.entries(one.facts).filter(([key]) => lose === undefined || key !== keys[lose] || !NAMING.test(key))
            const facts = Object.fromEntries(
              kept.map(([key, text]) => [
                key,
                cut === undefined || !NAMING.test(key) ? text : text.slice(0, Math.max(0, text.length - cut)),
              ]),
            )
            return { ...one, facts, fromMs: one.fromMs + later, toMs: one.toMs + later }
          }),
        )
        const right = new Set(mixed.flatMap((world) => [...world.right]))
        expect((await pairsFound(instances)).filter((pair) => !right.has(pair))).toEqual([])
      },
    ),
    { numRuns: 500 },
  )
})
