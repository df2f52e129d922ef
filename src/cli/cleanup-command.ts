import { type Command, InvalidArgumentError, Option } from 'commander'
import ms from 'ms'
import { createProviders, providerNames } from './known-providers.ts'

interface CleanupFlags {
  readonly provider?: string
  readonly region?: string
  readonly olderThan?: number
}

export function addCleanupCommand(program: Command): void {
  program
    .command('cleanup')
    .description('remove what runs that were killed have left behind; never touches a live run')
    .addOption(new Option('--provider <name>', 'only this provider').choices(providerNames))
    .option('--region <region>', 'only this region, where the provider has regions')
    .option('--older-than <duration>', 'only what is older, for example 1h or 30m', duration)
    .action(cleanUp)
}

async function cleanUp({ provider: name, region, olderThan }: CleanupFlags): Promise<void> {
  const chosen = createProviders().filter((provider) => name === undefined || provider.name === name)
  const options = { ...(region !== undefined && { region }), ...(olderThan !== undefined && { olderThanMs: olderThan }) }
  const removed = (await Promise.all(chosen.map((provider) => provider.cleanup(options)))).flat()
  process.stdout.write(removed.length === 0 ? 'Nothing was left behind.\n' : removed.map((line) => `removed ${line}\n`).join(''))
}

function duration(text: string): number {
  const value = ms(text as ms.StringValue) as number | undefined
  if (value !== undefined && value >= 0) return value
  throw new InvalidArgumentError('A duration is a number with a unit, for example 90s, 30m, 1h or 2d.')
}
