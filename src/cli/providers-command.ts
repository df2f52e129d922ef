import Table from 'cli-table3'
import type { Command } from 'commander'
import type { Claim, Provider } from '../providers/provider.ts'
import { explainError } from './exit-code.ts'
import { createProviders } from './known-providers.ts'

const claims: readonly Claim[] = ['network-isolation', 'memory-effects']

export function addProvidersCommand(program: Command): void {
  program.command('providers').description('say which providers work here, and what each can support').action(listProviders)
}

function listProviders(): void {
  const table = new Table({
    head: ['provider', 'works here', ...claims, 'what was found'],
    style: { head: [], border: [] },
    wordWrap: true,
  })
  for (const provider of createProviders()) table.push(row(provider))
  process.stdout.write(`${table.toString()}\n`)
}

function row(provider: Provider): string[] {
  try {
    const { tier, environment } = provider.describe()
    const found = Object.entries(environment).map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    const supported = claims.map((claim) => (provider.supports(claim) ? 'yes' : 'no'))
    return [provider.name, tier === undefined ? 'yes' : `yes, ${tier}`, ...supported, found.join('\n')]
  } catch (error) {
    return [provider.name, 'no', 'no', 'no', explainError(error)]
  }
}
