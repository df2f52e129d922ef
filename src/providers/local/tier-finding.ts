import type { Tier } from '../../model/journal-record.ts'
import type { Claim } from '../provider.ts'

/** What one tier is worth here; tried, not assumed. */
export interface TierFinding {
  readonly tier: Tier
  readonly works: boolean
  /** What it can tell where it works. */
  readonly claims: readonly Claim[]
  /** What was tried with success, and what was seen. */
  readonly found: Readonly<Record<string, string>>
  readonly missing: readonly { readonly what: string; readonly evidence: string; readonly remedy: string }[]
}
