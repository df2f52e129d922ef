import { MeasurementError } from '../../model/errors.ts'
import type { Tier } from '../../model/journal-record.ts'
import type { CgroupPlace } from './cgroup-place.ts'
import { detectHost } from './detect-host.ts'
import { type MissingCapability, missingFor, sayMissing, sayRemedies } from './host-needs.ts'
import type { Settings } from './options.ts'

/** Best first. */
export const TIERS: readonly Tier[] = ['privileged', 'rootless', 'plain']

export interface TierChoice {
  readonly tier: Tier
  /** Why not a better one, where nobody asked for this one. */
  readonly refused: Readonly<Partial<Record<Tier, string>>>
  /** Where to make cgroups; only in the privileged tier. */
  readonly cgroups?: CgroupPlace
}

/**
 * The tier that was asked for, else the best that works here.
 * @throws MeasurementError `HOST_UNSUITABLE` where the tier that was asked for does not work: what is missing, what was seen, what to do
 */
export function chooseTier(settings: Settings): TierChoice {
  const only = onlyTier(settings)
  const { sharing } = settings
  const refused: Partial<Record<Tier, string>> = {}
  for (const tier of only === undefined ? TIERS : [only]) {
    const missing = missingIn(tier, sharing)
    if (missing.length === 0) return { tier, refused, ...(tier === 'privileged' && groups()) }
    if (tier === only) throw unsuitable(tier, missing, settings)
    refused[tier] = sayMissing(missing)
  }
  throw new RangeError('the plain tier works everywhere')
}

/** The tier that must be: the one that was asked for; containers get our network by the host's own means. */
export function onlyTier({ tier, runner }: Settings): Tier | undefined {
  return tier ?? (runner === 'docker' ? 'privileged' : undefined)
}

/** What a tier needs and does not find here; the plain tier needs nothing but Node. */
export function missingIn(tier: Tier, sharing: Settings['sharing']): MissingCapability[] {
  return tier === 'plain' ? [] : missingFor(tier, sharing, detectHost(tier))
}

function groups(): { readonly cgroups?: CgroupPlace } {
  const { cgroups } = detectHost()
  return cgroups === undefined ? {} : { cgroups }
}

function unsuitable(tier: Tier, missing: readonly MissingCapability[], { runner }: Settings): MeasurementError {
  const otherwise = runner === 'docker' ? 'Or take the runner "process", without "tier"' : 'Or leave "tier" out'
  return new MeasurementError('HOST_UNSUITABLE', `local() cannot run in tier ${tier} on this machine. Missing: ${sayMissing(missing)}.`, {
    hint: `${sayRemedies(missing)} ${otherwise}: the best that works here is taken, and says what it cannot tell.`,
  })
}
