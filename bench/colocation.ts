import { seededRandom } from '../src/analysis/seeded-random.ts'
import { simulatedCampaign, simulatedPlacement } from '../test/analysis/colocation/simulated-placement.ts'

const seeds = Number(process.argv[2] ?? 10)
const only = process.argv[3] ?? ''
const mean = (v: readonly number[]) => v.reduce((a, b) => a + b, 0) / v.length
for (const [name, placement, channel, options] of [
  ['800/151 2%', { instances: 800, hosts: 151, fingerprints: 162 }, { error: 0.02 }, { maximumTests: 400 }],
  ['800/151 5%', { instances: 800, hosts: 151, fingerprints: 162 }, { error: 0.05 }, { maximumTests: 400 }],
  ['26/4 2%', { instances: 26, hosts: 4 }, { error: 0.02 }, { maximumRounds: 12 }],
  ['26/4 5%', { instances: 26, hosts: 4 }, { error: 0.05 }, { maximumRounds: 12 }],
  ['26 iso 2%', { instances: 26, hosts: 4 }, { error: 0.02, isolated: true }, { maximumRounds: 12 }],
  ['26 iso 5%', { instances: 26, hosts: 4 }, { error: 0.05, isolated: true }, {}],
  ['26 singles 5%', { instances: 26, hosts: 26 }, { error: 0.05 }, {}],
] as const) {
  if (!name.includes(only)) continue
  const t = performance.now()
  const runs = Array.from({ length: seeds }, (_, s) => {
    const random = seededRandom(1000 + s)
    return simulatedCampaign(simulatedPlacement({ ...placement, mostPerHost: 26 }, random), channel, options, random)
  })
  const links = runs.reduce((a, r) => ({ all: a.all + r.links.all, right: a.right + r.links.right }), { all: 0, right: 0 })
  console.log(
    name,
    'FMI',
    mean(runs.map((r) => r.fowlkesMallows ?? 0)).toFixed(4),
    'P',
    mean(runs.map((r) => r.precision ?? 0)).toFixed(4),
    'R',
    mean(runs.map((r) => r.recall ?? 0)).toFixed(4),
    'tests',
    mean(runs.map((r) => r.plan.testsUsed)).toFixed(1),
    'max',
    Math.max(...runs.map((r) => r.plan.testsUsed)),
    'rounds',
    mean(runs.map((r) => r.rounds)).toFixed(1),
    'undecided',
    mean(runs.map((r) => r.plan.undecided.length)).toFixed(1),
    'links right',
    (links.right / links.all).toFixed(5),
    links.all,
    `${((performance.now() - t) / seeds).toFixed(0)} ms each`,
  )
}
