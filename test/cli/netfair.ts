import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** The built command, started and not yet finished. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams
  readonly finished: Promise<Finished>
  /** Resolves when the text has appeared on standard error. */
  saying(text: string): Promise<void>
}

export const start = (...args: string[]): Running => startIn(process.env, ...args)

export function startIn(environment: NodeJS.ProcessEnv, ...args: string[]): Running {
  const child = spawn(process.execPath, [program, ...args], { env: environment })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const finished = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }) as Finished)
  return { child, finished, saying }

  async function saying(text: string): Promise<void> {
    while (!stderr.includes(text)) {
      const ended = await Promise.race([once(child.stderr, 'data').then(() => false), finished.then(() => true)])
      if (ended && !stderr.includes(text)) throw new Error(`It ended without saying "${text}":\n${stderr}`)
    }
  }
}

export const netfair = (...args: string[]): Promise<Finished> => start(...args).finished
