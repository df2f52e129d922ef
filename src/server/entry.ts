/**
 * The target as a program: `node entry.js '{"host": …}'` with the options of `startTarget` as JSON. Prints one line
 * `{"iperf3","http","token","control"}` when it listens; ends when its standard input closes, or by SIGTERM.
 */
import { NetfairError } from '../model/errors.ts'
import { startTarget, type TargetOptions } from './target.ts'

try {
  const { target, control, dispose } = await startTarget(JSON.parse(process.argv[2] ?? '{}') as TargetOptions)
  const end = (): void => void dispose().then(() => process.exit(0))
  process.once('SIGTERM', end).once('SIGINT', end)
  process.stdin.once('end', end).once('close', end).once('error', end).resume()
  process.stdout.on('error', () => {})
  process.stdout.write(`${JSON.stringify({ ...target, control })}\n`)
} catch (error) {
  const hint = error instanceof NetfairError ? ` ${error.hint}` : ''
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}${hint}\n`)
  process.exitCode = error instanceof NetfairError ? 3 : 2
}
