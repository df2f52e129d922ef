/**
 * The main job in about two minutes: the paper's Figure 5 in small, on this machine, with a verdict in words.
 * Where the machine cannot support a claim it says so, and that is a fine ending too.
 */
import { spawnSync } from 'node:child_process'
import experiment from '../examples/local.ts'

const reason = whyNot()
if (reason === undefined) {
  console.log(
    'Bandwidth of 1 to 26 functions on one host behind a 600 Mbit/s uplink, one queue for all (Figure 5 of the paper, in small).\n',
  )
  const args = ['dist/cli/main.js', 'run', 'examples/local.ts', '--out', 'netfair-results', '--overwrite', ...process.argv.slice(2)]
  const { status, signal } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  process.exitCode = signal === null ? (status ?? 3) : 3
} else {
  console.log(`Cannot tell here, because ${reason}`)
}

function whyNot(): string | undefined {
  try {
    experiment.provider.describe()
    return experiment.provider.supports('network-isolation') ? undefined : 'this machine cannot support a claim about network isolation.'
  } catch (error) {
    if (!(error instanceof Error && 'hint' in error)) throw error
    return `${error.message}\n${String(error.hint)}`
  }
}
