import { spawn } from 'node:child_process'
import { MeasurementError } from '../../model/errors.ts'

/** No single command of ours takes longer, not even for a thousand sandboxes. */
const COMMAND_TIMEOUT_MS = 60_000

/** Where programs are looked for. Those of administrators are often outside of a plain PATH. */
export function programPath(): string {
  return [process.env['PATH'], '/usr/local/sbin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].filter(Boolean).join(':')
}

/** All that `ip`, `tc` and `nsenter` see of the environment: their messages must be in English. */
export function hostEnvironment(): Record<string, string> {
  return { PATH: programPath(), LC_ALL: 'C' }
}

/** Where the lab's network is made: on the host itself, or inside namespaces that stand for it. */
export interface Ground {
  /** Put before every command. */
  readonly enter: readonly string[]
  /** Makes it, before any command. */
  open?(): Promise<void>
  close?(): Promise<void>
}

export const HOST: Ground = { enter: [] }

/**
 * Runs a program of the host to its end.
 *
 * @param input - its standard input: the lines of a batch
 * @throws MeasurementError `HOST_COMMAND_FAILED` with what the program said and, for a batch, the line that failed
 */
export function runHostCommand(
  program: string,
  args: readonly string[],
  { input = '', ground = HOST }: { readonly input?: string; readonly ground?: Ground } = {},
): Promise<void> {
  const [first = program, ...rest] = [...ground.enter, program, ...args]
  return new Promise((resolve, reject) => {
    const child = spawn(first, rest, {
      env: hostEnvironment(),
      stdio: ['pipe', 'ignore', 'pipe'],
      timeout: COMMAND_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      detached: true, // Ctrl-C at the terminal, also a second one, must not stop what removes a lab
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, 4096)
    })
    child.stdin.on('error', () => {}) // the exit code tells
    child.stdin.end(input)
    child.on('error', (cause) => reject(failure(program, args, cause.message, input, cause)))
    child.on('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(failure(program, args, said.trim() || `ended by ${signal ?? `exit ${code}`}`, input))
    })
  })
}

/** Runs the lines of a batch in one process of `ip` or `tc`, inside a namespace if one is named. */
export async function runBatch(
  program: 'ip' | 'tc',
  lines: readonly string[],
  { namespace, force = false, ground = HOST }: { readonly namespace?: string; readonly force?: boolean; readonly ground?: Ground } = {},
): Promise<void> {
  if (lines.length === 0) return
  const inside = namespace === undefined ? [] : ['-n', namespace]
  await runHostCommand(program, [...inside, ...(force ? ['-force'] : []), '-batch', '-'], { input: `${lines.join('\n')}\n`, ground })
}

function failure(program: string, args: readonly string[], said: string, input: string, cause?: unknown): MeasurementError {
  const number = /Command failed -:(\d+)/.exec(said)?.[1]
  const line = number === undefined ? undefined : input.split('\n')[Number(number) - 1]
  const where = line === undefined ? '' : ` (at "${line}")`
  return new MeasurementError('HOST_COMMAND_FAILED', `${[program, ...args].join(' ')}${where}: ${said.replaceAll('\n', '; ')}.`, {
    hint: 'Nothing of this run is left behind; run again, and where it fails again, run the command by hand to see why.',
    ...(cause === undefined ? {} : { cause }),
  })
}
