import type { Tier } from '../../model/journal-record.ts'
import type { Claim } from '../provider.ts'
import { detectHost } from './detect-host.ts'
import { dockerWorks } from './docker/docker-host.ts'
import type { Settings } from './options.ts'
import { chooseTier, missingIn, onlyTier, TIERS } from './tier-choice.ts'
import type { TierFinding } from './tier-finding.ts'

/** What each tier can tell. */
const CLAIMS: Readonly<Record<Tier, readonly Claim[]>> = {
  privileged: ['network-isolation', 'memory-effects'],
  rootless: ['network-isolation'],
  plain: [],
}

const SHARING: readonly Settings['sharing'][] = ['none', 'fifo', 'fair']

/** What a run with these settings could tell here: nothing where it cannot run. */
export function supportedBy(settings: Settings): readonly Claim[] {
  const tier = onlyTier(settings)
  if (tier !== undefined && missingIn(tier, settings.sharing).length > 0) return []
  if (settings.runner === 'docker' && !dockerWorks()) return []
  return CLAIMS[chooseTier(settings).tier]
}

/** Looks at all tiers, also those that nobody needs; what is missing is said also where only another sharing policy needs it. */
export function findTiers({ sharing }: Settings): TierFinding[] {
  return TIERS.map((tier) => {
    const works = missingIn(tier, sharing).length === 0
    const missing = new Map(SHARING.flatMap((policy) => missingIn(tier, policy)).map((lack) => [lack.what, lack]))
    return { tier, works, claims: CLAIMS[tier], found: foundFor(tier), missing: [...missing.values()] }
  })
}

function foundFor(tier: Tier): Record<string, string> {
  if (tier === 'plain') return { node: process.version }
  const { kernel, capabilities } = detectHost(tier)
  const working = Object.entries(capabilities).filter(([, { works }]) => works)
  return { kernel, ...Object.fromEntries(working.map(([name, { evidence }]) => [name, evidence])) }
}
