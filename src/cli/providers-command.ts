import Table from 'cli-table3'
import type { Command } from 'commander'
import type { Claim, Provider, TierFinding } from '../providers/provider.ts'
import { explainError } from './exit-code.ts'
import { createProviders } from './known-providers.ts'

const claims: readonly Claim[] = ['network-isolation', 'memory-effects']
const head = ['provider', 'works here', 'can tell', 'what was found', 'what is missing, and what adds it']

export function addProvidersCommand(program: Command): void {
  program
    .command('providers')
    .description('say which providers and tiers work here, what each can tell, and what would add the others')
    .option('--json', 'the same as JSON')
    .action(listProviders)
}

/** What was found out about one provider. */
interface Finding {
  readonly provider: string
  readonly tier?: string
  readonly works: boolean
  readonly claims: readonly Claim[]
  readonly found: Readonly<Record<string, unknown>>
  readonly missing: TierFinding['missing']
}

function listProviders({ json }: { readonly json?: true }): void {
  const findings = createProviders().flatMap(findingsOf)
  if (json) {
    process.stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`)
    return
  }
  const table = new Table({ head, style: { head: [], border: [] }, wordWrap: true, colWidths: [12, 7, 19, 42, 38] })
  for (const finding of findings) table.push(row(finding))
  process.stdout.write(`${table.toString()}\n${inUse(findings)}`)
}

function findingsOf(provider: Provider): Finding[] {
  if (provider.tiers !== undefined) return provider.tiers().map((tier) => ({ provider: provider.name, ...tier }))
  try {
    const { environment: found } = provider.describe()
    return [{ provider: provider.name, works: true, claims: claims.filter((claim) => provider.supports(claim)), found, missing: [] }]
  } catch (error) {
    const missing = [{ what: provider.name, evidence: explainError(error), remedy: '' }]
    return [{ provider: provider.name, works: false, claims: [], found: {}, missing }]
  }
}

function row({ provider, tier, works, claims: told, found, missing }: Finding): string[] {
  const name = tier === undefined ? provider : `${provider}\n${tier}`
  const lacking = missing.map(({ what, evidence, remedy }) => `${what}: ${evidence}\n→ ${remedy}`)
  return [name, works ? 'yes' : 'no', works ? told.join('\n') || 'nothing of these' : '–', sayFound(found), lacking.join('\n')]
}

/** What was seen of several things at once is said once. */
function sayFound(found: Finding['found']): string {
  const keysBySeen = new Map<string, string[]>()
  for (const [key, value] of Object.entries(found)) {
    const seen = typeof value === 'string' ? value : JSON.stringify(value)
    keysBySeen.set(seen, [...(keysBySeen.get(seen) ?? []), key])
  }
  return [...keysBySeen].map(([seen, keys]) => `${keys.join(', ')}: ${seen}`).join('\n')
}

/** Which tier a run takes that asks for none. */
function inUse(findings: readonly Finding[]): string {
  const first = findings.find(({ tier, works }) => tier !== undefined && works)
  return first === undefined ? '' : `A run of ${first.provider}() here is in tier ${first.tier}, unless it asks for another.\n`
}
