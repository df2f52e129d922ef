/** One number of one round (a logarithm), with the host that all of the round ran on. */
export interface BlockedValue {
  readonly host: string | undefined
  readonly value: number
}

/**
 * Takes the differences between hosts out of the rounds, where every host saw every level.
 *
 * Least squares for value = level + host: with the same number of rounds everywhere this subtracts each host's mean and adds the
 * grand mean.
 *
 * @returns the values by level, and whether they were blocked: `one-host`, `blocked`, or `unbalanced` (several hosts, of which
 * some did not see every level, or rounds whose host is not known)
 */
export function withoutHostEffects(levels: readonly (readonly BlockedValue[])[]): {
  readonly values: readonly (readonly number[])[]
  readonly blocking: 'one-host' | 'blocked' | 'unbalanced'
} {
  const plain = levels.map((level) => level.map(({ value }) => value))
  const hosts = [...new Set(levels.flatMap((level) => level.map(({ host }) => host)))]
  const known = hosts.filter((host) => host !== undefined)
  if (known.length < 2) return { values: plain, blocking: 'one-host' }
  const balanced = known.length === hosts.length && levels.every((level) => hosts.every((host) => level.some((each) => each.host === host)))
  if (!balanced) return { values: plain, blocking: 'unbalanced' }
  const effects = hostEffects(levels, known)
  const grand = [...effects.values()].reduce((sum, effect) => sum + effect, 0) / effects.size
  const effectOf = ({ host }: BlockedValue): number => effects.get(host as string) ?? grand
  return { values: levels.map((level) => level.map((each) => each.value - effectOf(each) + grand)), blocking: 'blocked' }
}

/** Alternates between the levels' and the hosts' means until nothing moves: one step suffices for a balanced design. */
function hostEffects(levels: readonly (readonly BlockedValue[])[], hosts: readonly string[]): ReadonlyMap<string, number> {
  let effects = new Map(hosts.map((host) => [host, 0]))
  for (let step = 0; step < 100; step++) {
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
