import type { Reason } from '../model/report.ts'

/** One number (a logarithm), with the host that all of the round, or of this part of it, ran on. */
export interface BlockedValue {
  readonly host: string | undefined
  readonly value: number
}

/**
 * How hosts and levels are crossed.
 * - `one-host`: at most one host is known
 * - `blocked`: every host saw every level; differences between hosts are taken out
 * - `unbalanced`: some did not, but hosts and levels hang together; taken out as far as that goes
 * - `scattered`: they do not hang together, or some hosts are not known; left in, as part of the noise
 * - `confounded`: they do not hang together, and some level saw too few hosts for noise: nobody can tell a host from a level
 */
export type Blocking = 'one-host' | 'blocked' | 'unbalanced' | 'scattered' | 'confounded'

/** Fewer hosts at a level are no sample of hosts. */
const leastHosts = 3

/**
 * Takes the differences between hosts out of the rounds.
 *
 * Least squares for value = level + host: with the same number of rounds everywhere this subtracts each host's mean and adds the
 * grand mean.
 */
export function withoutHostEffects(levels: readonly (readonly BlockedValue[])[]): {
  readonly values: readonly (readonly number[])[]
  readonly blocking: Blocking
} {
  const blocking = crossing(levels)
  if (blocking !== 'blocked' && blocking !== 'unbalanced')
    return { values: levels.map((level) => level.map(({ value }) => value)), blocking }
  const effects = hostEffects(levels, [...new Set(levels.flatMap((level) => level.flatMap(({ host }) => host ?? [])))])
  const grand = [...effects.values()].reduce((sum, effect) => sum + effect, 0) / effects.size
  const effectOf = ({ host }: BlockedValue): number => effects.get(host as string) ?? grand
  return { values: levels.map((level) => level.map((each) => each.value - effectOf(each) + grand)), blocking }
}

/** What a verdict must say about it; where hosts and levels are confounded there is none. */
export function hostDoubt(blocking: Blocking): Reason | undefined {
  if (blocking === 'one-host' || blocking === 'blocked') return undefined
  return { code: 'unblocked', message: `Not every host saw every level: ${consequence[blocking]}.` }
}

const consequence = {
  unbalanced: 'differences between hosts could be taken out only in part',
  scattered: 'differences between hosts are in the curve',
  confounded: 'a difference between hosts looks the same as one between levels',
}

function crossing(levels: readonly (readonly BlockedValue[])[]): Blocking {
  const seen = levels.map((level) => new Set(level.map(({ host }) => host)))
  const hosts = new Set(seen.flatMap((own) => [...own]))
  const known = hosts.size - (hosts.has(undefined) ? 1 : 0)
  if (known < 2) return 'one-host'
  if (known < hosts.size) return 'scattered'
  if (seen.every((own) => own.size === hosts.size)) return 'blocked'
  if (connected(seen, hosts.size)) return 'unbalanced'
  return seen.some((own) => own.size < leastHosts) ? 'confounded' : 'scattered'
}

/** Whether every host can be compared with every other, by way of levels that two of them saw. */
function connected(seen: readonly ReadonlySet<string | undefined>[], hosts: number): boolean {
  const reached = new Set(seen[0])
  for (let size = 0; size < reached.size; ) {
    size = reached.size
    for (const own of seen) if ([...own].some((host) => reached.has(host))) for (const host of own) reached.add(host)
  }
  return reached.size === hosts
}

/** Alternates between the levels' and the hosts' means until nothing moves: one step is enough for a balanced design. */
function hostEffects(levels: readonly (readonly BlockedValue[])[], hosts: readonly string[]): ReadonlyMap<string, number> {
  let effects = new Map(hosts.map((host) => [host, 0]))
  for (let step = 0; step < 1000; step++) {
    const residuals = new Map(hosts.map((host): [string, number[]] => [host, []]))
    for (const level of levels) {
      const centre = level.reduce((sum, { host, value }) => sum + value - (effects.get(host as string) ?? 0), 0) / level.length
      for (const { host, value } of level) residuals.get(host as string)?.push(value - centre)
    }
    const next = new Map([...residuals].map(([host, own]) => [host, own.reduce((sum, value) => sum + value, 0) / own.length]))
    const moved = hosts.some((host) => Math.abs((next.get(host) ?? 0) - (effects.get(host) ?? 0)) > 1e-12)
    effects = next
    if (!moved) break
  }
  return effects
}
