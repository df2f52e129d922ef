import Table from 'cli-table3'
import type { Command } from 'commander'
import type { TierFinding } from '../providers/local.ts'
import type { Claim } from '../providers/provider.ts'
import { type CloudName, cloudSetup } from './cloud-setup.ts'
import { knownClouds, makeLocal } from './known-providers.ts'

const claims: readonly Claim[] = ['network-isolation', 'memory-effects']
const places = ['region', 'project', 'subscription']
const head = ['provider', 'works here', 'can tell', 'what was found']

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

async function listProviders({ json }: { readonly json?: true }): Promise<void> {
  const findings = [...(await localFindings()), ...knownClouds.map(({ name }) => cloudFinding(name))]
  if (json) {
    process.stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`)
    return
  }
  const table = new Table({ head, style: { head: [], border: [] }, wordWrap: true, colWidths: [12, 7, 19, 62] })
  for (const finding of findings) table.push(row(finding))
  process.stdout.write(`${table.toString()}\n${findings.map(sayMissing).join('')}${inUse(findings)}`)
}

async function localFindings(): Promise<Finding[]> {
  const provider = await makeLocal()
  return provider.tiers().map((tier) => ({ provider: provider.name, ...tier }))
}

/** What it needs of this machine: whether the cloud itself takes that, only an experiment asks. */
function cloudFinding(provider: CloudName): Finding {
  const { found, missing } = cloudSetup(provider)
  // Where to measure, the experiment may say.
  const works = missing.every(({ what }) => places.includes(what))
  return { provider, works, claims: works ? claims : [], found, missing }
}

function row({ provider, tier, works, claims: told, found }: Finding): string[] {
  const name = tier === undefined ? provider : `${provider}\n${tier}`
  return [name, works ? 'yes' : 'no', works ? told.join('\n') || 'nothing of these' : '–', sayFound(found)]
}

/** What is missing, what was seen, and what adds it. */
function sayMissing({ provider, tier, works, missing }: Finding): string {
  if (missing.length === 0) return ''
  const name = [provider, tier].filter(Boolean).join(' ')
  const lines = missing.map(({ what, evidence, remedy }) => `  ${what}: ${evidence}\n    → ${remedy}\n`)
  return `${works ? `More of ${name}` : `For ${name}`} is missing:\n${lines.join('')}`
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

/** Which tier a run takes that asks for none, and what was not tried. */
function inUse(findings: readonly Finding[]): string {
  const first = findings.find(({ tier, works }) => tier !== undefined && works)
  const tier = first === undefined ? '' : `A run of ${first.provider}() here is in tier ${first.tier}, unless it asks for another.\n`
  return `${tier}No cloud was asked for anything: an experiment asks before it makes something.\n`
}
