import type { Journal } from '../../model/journal.ts'
import type { Sample } from '../../model/journal-record.ts'
import type { InstanceFacts } from './observation.ts'

/** Facts that are readings; all others stay as they are for as long as an instance lives. */
const READINGS: ReadonlySet<string> = new Set(['proc/uptime', 'clock/uptime', 'proc/stat', 'proc/meminfo', 'proc/cpuinfo', 'tsc'])

/**
 * The instances of a journal, in the order of their nonces: all samples with one nonce are one instance, used again, not several together.
 *
 * Its facts are those of its earliest sample that has any; a fact that must not change and did is left out. Samples without a nonce are
 * no instance's. A host that is declared in two ways is declared in none.
 */
export function instancesOf({ experiment, rounds, samples }: Pick<Journal, 'experiment' | 'rounds' | 'samples'>): InstanceFacts[] {
  const { name: provider, region } = experiment.provider
  const starts = new Map(rounds.map(({ id, startAtMs }) => [id, startAtMs]))
  const startOf = (sample: Sample): number => sample.startedAtMs ?? starts.get(sample.round) ?? Date.parse(experiment.createdAt)
  const byNonce = new Map<string, Sample[]>()
  for (const sample of samples) {
    if (sample.instance === undefined) continue
    const group = byNonce.get(sample.instance) ?? []
    if (group.push(sample) === 1) byNonce.set(sample.instance, group)
  }
  return [...byNonce]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([instance, unsorted]) => {
      const group = unsorted.toSorted((a, b) => startOf(a) - startOf(b))
      const hosts = new Set(group.flatMap((sample) => sample.host || []))
      const [host] = hosts.size === 1 ? hosts : []
      return {
        instance,
        provider,
        ...(region && { region }),
        ...(host !== undefined && { host }),
        fromMs: group.reduce((first, sample) => Math.min(first, startOf(sample)), Number.POSITIVE_INFINITY),
        toMs: group.reduce((last, sample) => Math.max(last, sample.endedAtMs ?? startOf(sample)), Number.NEGATIVE_INFINITY),
        invocations: new Set(group.map(({ round, attempt = 0, invocation }) => `${round} ${attempt} ${invocation}`)).size,
        facts: factsOf(group),
      }
    })
}

function factsOf(group: readonly Sample[]): Readonly<Record<string, string>> {
  const told = group.flatMap(({ facts }) => (facts === undefined ? [] : [facts]))
  const [first = {}] = told
  if (told.length < 2) return first
  const stays = ([key, text]: [string, string]): boolean =>
    READINGS.has(key) || told.every((facts) => facts[key] === undefined || facts[key] === text)
  return Object.fromEntries(Object.entries(first).filter(stays))
}
