import type { Candidate, ContentionAnswer, ContentionTest } from '../../../src/analysis/colocation/contention.ts'
import { agreement } from '../../../src/analysis/colocation/quality.ts'
import { planTests, type TestPlan, type TestPlanOptions } from '../../../src/analysis/colocation/test-plan.ts'
import { type Random, seededRandom } from '../../../src/analysis/seeded-random.ts'

/** Instances on hosts, with what a fingerprint tells of them. */
export interface Placement {
  readonly candidates: readonly Candidate[]
  readonly hostOf: ReadonlyMap<string, number>
}

export interface PlacementOptions {
  readonly instances: number
  readonly hosts: number
  /** Different values of the fingerprint; a host has one. Default 1: no fingerprint. */
  readonly fingerprints?: number
  /** Most instances a host. */
  readonly mostPerHost?: number
}

/** Processors of 151 hosts, Cloud Run, 2024 (Zhao et al.). */
const STRATA = [131, 11, 4, 3, 2]

export function simulatedPlacement(options: PlacementOptions, random: Random): Placement {
  const { instances, hosts, fingerprints = 1, mostPerHost = 10 } = options
  const counts = Array.from({ length: hosts }, () => 1)
  for (let left = instances - hosts; left > 0; ) {
    const host = Math.floor(random() * hosts)
    if ((counts[host] ?? 0) >= mostPerHost) continue
    counts[host] = (counts[host] ?? 0) + 1
    left--
  }
  const strata = Array.from({ length: fingerprints }, () => drawStratum(random))
  const placed = counts.flatMap((count, host) => {
    const fingerprint = Math.floor(random() * fingerprints)
    return Array.from({ length: count }, () => ({
      host,
      fingerprint,
      stratum: fingerprints === 1 ? 0 : (strata[fingerprint] ?? 0),
      order: random(),
    }))
  })
  const hostOf = new Map<string, number>()
  const candidates = placed
    .sort((a, b) => a.order - b.order)
    .map(({ host, fingerprint, stratum }, index) => {
      const instance = `i${String(index).padStart(4, '0')}`
      hostOf.set(instance, host)
      return { instance, stratum: `cpu ${stratum}`, fingerprint: `kHz ${fingerprint}` }
    })
  return { candidates, hostOf }
}

function drawStratum(random: Random): number {
  const hosts = STRATA.flatMap((count, stratum) => Array.from({ length: count }, () => stratum))
  return hosts[Math.floor(random() * hosts.length)] ?? 0
}

/** Readings of a channel that interferes within a host, each wrong with this probability, on its own; `isolated`: that never interferes. */
export function simulatedAnswer(
  { kind, senders, listeners }: ContentionTest,
  { hostOf }: Placement,
  { error, isolated = false }: Channel,
  random: Random,
): ContentionAnswer {
  const readings = listeners.map((listener) => {
    const together = !isolated && senders.some((sender) => sender !== listener && hostOf.get(sender) === hostOf.get(listener))
    const loses = random() < error ? !together : together
    return { listener, pValue: loses ? 0.001 : 0.4, effect: loses ? 0.5 : 0.02 }
  })
  return { kind, senders, listeners, readings }
}

export interface Channel {
  /** P(a reading is wrong), 0–1. */
  readonly error: number
  readonly isolated?: boolean
}

export interface SimulatedCampaign {
  readonly plan: TestPlan
  /** Steps of tests that ran at the same moment. */
  readonly rounds: number
  readonly fowlkesMallows: number | null
  readonly precision: number | null
  readonly recall: number | null
  /** Links of groups of confidence 0.9 and more, and how many of them are right. */
  readonly links: { readonly all: number; readonly right: number }
}

/** `maximumRounds`: tests that run at the same moment count once. */
export type CampaignOptions = TestPlanOptions & { readonly maximumRounds?: number }

/** All tests of a plan, and how good its groups are. */
function simulatedCampaign(placement: Placement, channel: Channel, options: CampaignOptions, random: Random): SimulatedCampaign {
  const answers: ContentionAnswer[] = []
  const { maximumRounds = 1000, ...planOptions } = options
  let rounds = 0
  let plan = planTests(placement.candidates, answers, planOptions)
  for (; plan.next.length > 0 && rounds < maximumRounds; rounds++) {
    for (const test of plan.next) answers.push(simulatedAnswer(test, placement, channel, random))
    plan = planTests(placement.candidates, answers, planOptions)
  }
  const group = new Map(plan.groups.flatMap(({ instances }, index) => instances.map((instance) => [instance, `group ${index}`])))
  const names = placement.candidates.map(({ instance }) => instance)
  const quality = agreement(
    names.map((name) => group.get(name) ?? name),
    names.map((name) => placement.hostOf.get(name) ?? -1),
  )
  const links = { all: 0, right: 0 }
  for (const { instances, confidence } of plan.groups) {
    for (const [at, a] of instances.entries()) {
      for (const b of instances.slice(at + 1)) {
        if (confidence < 0.9) continue
        links.all++
        if (placement.hostOf.get(a) === placement.hostOf.get(b)) links.right++
      }
    }
  }
  return { plan, rounds, ...quality, links }
}

/** Campaigns of as many seeds, one after the other from the first. */
export function simulatedCampaigns(
  seeds: number,
  firstSeed: number,
  place: PlacementOptions,
  channel: Channel,
  options: CampaignOptions = {},
): SimulatedCampaign[] {
  return Array.from({ length: seeds }, (_, index) => {
    const random = seededRandom(firstSeed + index)
    return simulatedCampaign(simulatedPlacement(place, random), channel, options, random)
  })
}

/** Of the campaigns that give it. */
export function meanOf(runs: readonly SimulatedCampaign[], figure: (run: SimulatedCampaign) => number | null): number {
  const figures = runs.map(figure).filter((value) => value !== null)
  return figures.reduce((sum, value) => sum + value, 0) / figures.length
}
