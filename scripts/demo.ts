/**
 * The main job in about two minutes: the paper's Figure 5 in small, on this machine, with a verdict in words.
 * Where the machine cannot support a claim it says so and what would help, and that is a fine ending too.
 */
import { spawnSync } from 'node:child_process'
import type { LocalProvider } from 'netfair/local'
import experiment from '../examples/local.ts'

console.log('Bandwidth of 1 to 26 functions on one host behind a 600 Mbit/s uplink, one queue for all (Figure 5 of the paper, in small).\n')
const args = ['dist/cli/main.js', 'run', 'examples/local.ts', '--out', 'netfair-results', '--overwrite', ...process.argv.slice(2)]
const { status, signal } = spawnSync(process.execPath, args, { stdio: 'inherit' })
process.exitCode = signal === null ? (status ?? 3) : 3
if (process.exitCode === 0 && !experiment.provider.supports('network-isolation')) console.log(`\n${whyNot()}`)

/** What each tier that could tell lacks here, and what adds it. */
function whyNot(): string {
  const lines = (experiment.provider as LocalProvider)
    .tiers()
    .flatMap(({ tier, missing }) => missing.map(({ what, evidence, remedy }) => `  ${tier} lacks ${what}: ${evidence}\n    → ${remedy}`))
  return ['Cannot tell here, because the functions were plain processes on loopback, and their network one of our making.', ...lines].join(
    '\n',
  )
}
