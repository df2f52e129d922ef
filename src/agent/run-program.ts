import type { ProgramOutput } from '../model/capabilities.ts'
import { MeasurementError } from '../model/errors.ts'

const MAX_OUTPUT_BYTES = 8 * 1024 * 1024

/**
 * Runs a program to its end. Killed when the signal is aborted.
 * @throws MeasurementError `PROGRAM_MISSING`, `PROGRAM_FAILED` (killed, or more than 8 MiB of output); the signal's reason
 */
export async function runProgram(program: string, args: readonly string[], signal: AbortSignal): Promise<ProgramOutput> {
  // Loaded on first use: most tasks run no program.
  const { execFile } = await import('node:child_process')
  return new Promise((resolve, reject) => {
    const options = { signal, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES, encoding: 'utf8' } as const
    execFile(program, args, options, (error, stdout) => {
      if (error === null) resolve({ stdout, exitCode: 0 })
      else if (signal.aborted) reject(signal.reason)
      else if (typeof error.code === 'number') resolve({ stdout, exitCode: error.code })
      else if (error.code === 'ENOENT') reject(missing(program))
      else reject(failed(program, error))
    }).stdin?.end()
  })
}

function missing(program: string): MeasurementError {
  return new MeasurementError('PROGRAM_MISSING', `The program ${program} is not installed.`, {
    hint: `Install ${program}, or use the built-in engine.`,
  })
}

function failed(program: string, error: Error): MeasurementError {
  return new MeasurementError('PROGRAM_FAILED', `The program ${program} did not end well: ${error.message.slice(0, 200)}`, {
    hint: 'Run it by hand to see why.',
    cause: error,
  })
}
