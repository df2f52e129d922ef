/**
 * How good groups by tests of contention are, by simulation, and how long grouping by facts takes.
 *
 * node bench/colocation.ts [--seeds 50] [--first 20261122]
 */
import { parseArgs } from 'node:util'
import { countPairs } from '../src/analysis/colocation/pairs.ts'
import { placementOf } from '../src/analysis/colocation/placement.ts'
import { seededRandom } from '../src/analysis/seeded-random.ts'
import { manyInstances } from '../test/analysis/colocation/many-instances.ts'
import {
  type CampaignOptions,
  type Channel,
  meanOf,
  type PlacementOptions,
  simulatedCampaigns,
} from '../test/analysis/colocation/simulated-placement.ts'

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '50' }, first: { type: 'string', default: '20261122' } } })
const cloud = { instances: 800, hosts: 151, fingerprints: 162, mostPerHost: 10 }
const room = { instances: 26, hosts: 4, mostPerHost: 26 }

const cases: readonly (readonly [name: string, place: PlacementOptions, channel: Channel, options: CampaignOptions])[] = [
  ['800 on 151, error 2 %, gate 0.995', cloud, { error: 0.02 }, { maximumTests: 400 }],
  ['800 on 151, error 5 %, gate 0.985', cloud, { error: 0.05 }, { maximumTests: 400 }],
  ['26 on 4, error 2 %, gate 0.99', room, { error: 0.02 }, { maximumRounds: 12 }],
  ['26 on 4, error 5 %', room, { error: 0.05 }, {}],
  ['26 on 4, isolated, error 2 %', room, { error: 0.02, isolated: true }, {}],
  ['26 on 13, error 10 %, told 5 %', { instances: 26, hosts: 13 }, { error: 0.1 }, {}],
  ['200 on 10, error 2 %', { instances: 200, hosts: 10, mostPerHost: 40 }, { error: 0.02 }, {}],
  ['200 on 10, error 5 %', { instances: 200, hosts: 10, mostPerHost: 40 }, { error: 0.05 }, {}],
  ['300 on 3, error 2 %', { instances: 300, hosts: 3, mostPerHost: 150 }, { error: 0.02 }, {}],
  ['300 on 3, error 5 %', { instances: 300, hosts: 3, mostPerHost: 150 }, { error: 0.05 }, {}],
  ['1000 on 1000, error 2 %', { instances: 1000, hosts: 1000, fingerprints: 500 }, { error: 0.02 }, { maximumTests: 500 }],
  ['1000 on 1000, error 5 %', { instances: 1000, hosts: 1000, fingerprints: 500 }, { error: 0.05 }, { maximumTests: 500 }],
]
console.table(
  cases.map(([name, place, channel, options]) => {
    const runs = simulatedCampaigns(Number(values.seeds), Number(values.first), place, channel, options)
    const links = runs.reduce((sum, run) => ({ all: sum.all + run.links.all, right: sum.right + run.links.right }), { all: 0, right: 0 })
    return {
      name,
      'Fowlkes-Mallows': meanOf(runs, ({ fowlkesMallows }) => fowlkesMallows).toFixed(4),
      tests: meanOf(runs, ({ plan }) => plan.testsUsed).toFixed(1),
      'most tests': Math.max(...runs.map(({ plan }) => plan.testsUsed)),
      rounds: meanOf(runs, ({ rounds }) => rounds).toFixed(1),
      undecided: meanOf(runs, ({ plan }) => plan.undecided.length).toFixed(2),
      'links ≥ 0.9': links.all,
      'of them right': (links.right / links.all).toFixed(5),
    }
  }),
)

console.table(
  [25_000, 50_000, 100_000].map((instances) => {
    const all = manyInstances(instances, seededRandom(1))
    const [before, start] = [process.cpuUsage(), performance.now()]
    const { partition } = placementOf(all, { minimumConfidence: 0.6 })
    const [{ user, system }, wall] = [process.cpuUsage(before), performance.now() - start]
    const { sameVm } = countPairs(partition)
    const mostMemory = `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`
    return {
      instances,
      'wall s': (wall / 1e3).toFixed(1),
      'CPU s': ((user + system) / 1e6).toFixed(1),
      'most memory so far': mostMemory,
      sameVm,
    }
  }),
)
