import { expect } from 'vitest'
import { EXTRACTORS } from '../../../src/analysis/colocation/extract/registry.ts'
import type { Extractor, InstanceFacts, Observation } from '../../../src/analysis/colocation/observation.ts'
import { observe } from '../../../src/analysis/colocation/validity.ts'
import { type Random, seededRandom } from '../../../src/analysis/seeded-random.ts'
import { linkedPairs, SHAPES } from './fixtures.ts'
import { damaged, mapped, noise, soup } from './garbage.ts'

type Facts = Readonly<Record<string, string>>

/** Values that are put together from numbers of several lines. */
const COMPOSED: ReadonlySet<string> = new Set(['cpu-signature', 'tsc-frequency'])
/** Values that are computed, not read. */
const COMPUTED: ReadonlySet<string> = new Set(['runtime', 'kernel-start-by-uptime', 'host-start-by-tsc', 'local-subnet'])

const KINDS: Readonly<Record<string, (facts: Facts, random: Random) => Facts>> = {
  noise: (facts, random) => mapped(facts, () => noise(random)),
  soup,
  damaged,
}

/**
 * So many texts for every rule, a third of every kind, in the facts of its fixtures. What holds:
 * nothing throws; a value is spelled out in the text that it comes from, in one piece for each of its words, up to case and `_` for `-`
 * (so two instances are equal in a value only where both texts spell it); and texts that have nothing to do with each other, noise and
 * soup, link no two instances as sandbox, vm or host once the rules of validity are through. Names that people choose for their
 * machines are words, of which soup has many: those count in noise only.
 */
export function fuzz(texts: number): void {
  for (const extractor of EXTRACTORS) {
    const shapes = SHAPES.filter(({ values }) => extractor.key in values).map(({ facts }) => facts)
    const random = seededRandom(extractor.key.length * 7919 + texts)
    for (const [kind, change] of Object.entries(KINDS)) {
      const instances: InstanceFacts[] = []
      for (let n = 0; n < texts / 3; n++) {
        const facts = change(shapes[n % shapes.length] ?? {}, random)
        check(extractor, facts, kind)
        if (extractor.confidence > 0 && kind !== 'damaged') instances.push(instance(n, facts))
      }
      const all = observe(instances).map((one) => ({ ...one, observations: one.observations.filter((seen) => !isWord(seen, kind)) }))
      const { egress: _, ...places } = linkedPairs(all)
      expect(places, `${extractor.key}, ${kind}`).toEqual({})
    }
  }
}

const isWord = ({ kind: { key } }: Observation, kind: string): boolean => kind === 'soup' && key === 'kubernetes-node'

const instance = (n: number, facts: Facts): InstanceFacts => ({
  instance: String(n),
  // Of which nothing is known: on a platform whose guests are copies, fewer rules link.
  provider: 'elsewhere',
  fromMs: 0,
  toMs: 1,
  invocations: 1,
  facts,
})

function check(extractor: Extractor, facts: Facts, kind: string): void {
  const extraction = extractor.extract(facts)
  if (extraction.kind !== 'value' || COMPUTED.has(extractor.key)) return
  const spelled = flat(Object.values(facts).join('\n'))
  for (const word of flat(extraction.value).split(COMPOSED.has(extractor.key) ? /[ -]/ : /[ /]/)) {
    if (!spelled.includes(word)) expect.fail(`${extractor.key}, ${kind}: "${extraction.value}" is not in ${JSON.stringify(facts)}`)
  }
}

const flat = (text: string): string => text.toLowerCase().replaceAll('_', '-')
