import { type Command, InvalidArgumentError, Option } from 'commander'
import ms from 'ms'
import type { CleanupOptions, Provider } from '../providers/provider.ts'
import { type CloudName, cloudSetup } from './cloud-setup.ts'
import { exitCodeOf, explainError } from './exit-code.ts'
import { knownClouds, makeLocal, providerNames } from './known-providers.ts'

interface CleanupFlags {
  readonly provider?: string
  readonly region?: string
  readonly olderThan?: number
}

export function addCleanupCommand(program: Command): void {
  program
    .command('cleanup')
    .description('remove what runs that were killed have left behind, here and in every cloud that is set up; never touches a live run')
    .addOption(new Option('--provider <name>', 'only this provider').choices(providerNames))
    .option('--region <region>', 'only this region, where the provider has regions')
    .option('--older-than <duration>', 'only what is older, for example 1h or 30m', duration)
    .action(cleanUp)
}

/** Each by itself: what one cannot do does not keep the others from it. */
async function cleanUp({ provider: only, region, olderThan }: CleanupFlags): Promise<void> {
  const options = { ...(region !== undefined && { region }), ...(olderThan !== undefined && { olderThanMs: olderThan }) }
  const chosen = providerNames.filter((name) => (only === undefined ? isSetUp(name, options) : name === only))
  const outcomes = await Promise.allSettled(chosen.map(async (name) => (await make(name)).cleanup(options)))
  const removed = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []))
  process.stdout.write(removed.map((line) => `removed ${line}\n`).join(''))
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
  if (failures.length === 0 && removed.length === 0) process.stdout.write('Nothing was left behind.\n')
  for (const failure of failures) {
    process.stderr.write(`${explainError(failure)}\n`)
    process.exitCode = exitCodeOf(failure)
  }
}

async function make(name: string): Promise<Pick<Provider, 'cleanup'>> {
  const cloud = knownClouds.find((known) => known.name === name)
  return cloud === undefined ? makeLocal() : cloud.make()
}

/** Nobody has asked for this cloud: without package, credentials and place there is nothing to look for, and no server is asked for them. */
function isSetUp(name: string, { region }: CleanupOptions): boolean {
  if (!knownClouds.some((cloud) => cloud.name === name)) return true
  const missing = cloudSetup(name as CloudName).missing.filter(({ what }) => !(what === 'region' && region !== undefined))
  if (missing.length === 0) return true
  const why = missing.map(({ what }) => what).join(', ')
  process.stderr.write(`Skipped ${name}, for want of ${why}: see \`netfair providers\`; \`--provider ${name}\` asks it all the same.\n`)
  return false
}

function duration(text: string): number {
  const value = ms(text as ms.StringValue) as number | undefined
  if (value !== undefined && value >= 0) return value
  throw new InvalidArgumentError('A duration is a number with a unit, for example 90s, 30m, 1h or 2d.')
}
