import { constants } from 'node:os'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type Dockerode from 'dockerode'
import type { AgentChild } from '../agent-child.ts'
import { answer, type Daemon } from './daemon.ts'

/** The daemon knows the exit code soon after the output has ended. */
const EXIT_CODE_TIMEOUT_MS = 2000
/** A program that is told to end may not have begun. */
const KILL_AGAIN_MS = 50
/** After so long, a killed program is left to the removal of its container: it does not end where somebody has paused that. */
const KILL_TIMEOUT_MS = 3000

/**
 * A program inside a container, like a child process.
 *
 * @param create - asks for it; it is started here
 * @param kill - kills what runs in the container
 */
export function execChild(daemon: Daemon, create: () => Promise<Dockerode.Exec>, { kill }: { kill(): void }): AgentChild {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const killing = new AbortController()
  const ended = run()

  async function run(): Promise<string> {
    try {
      const exec = await answer(daemon, 'prepare a program in a container', create())
      const stream = await answer(daemon, 'start a program in a container', exec.start({ hijack: true, stdin: true }))
      const closed = Promise.withResolvers<void>()
      for (const event of ['end', 'close', 'error']) stream.on(event, () => closed.resolve())
      daemon.client.modem.demuxStream(stream, stdout, stderr)
      stdin.pipe(stream)
      const stop = killRepeatedly(killing.signal, kill, closed.resolve)
      await closed.promise
      stop()
      stream.destroy()
      return await exitOf(daemon, exec)
    } catch (error) {
      return `could not be started: ${(error as Error).message}`
    } finally {
      stdout.end()
      stderr.end()
    }
  }

  return {
    stdin,
    stdout,
    stderr,
    ended,
    kill: () => killing.abort(),
  }
}

/** Once it is told to. @returns what stops it */
function killRepeatedly(told: AbortSignal, kill: () => void, giveUp: () => void): () => void {
  let timers: readonly NodeJS.Timeout[] = []
  const begin = (): void => {
    kill()
    timers = [setInterval(kill, KILL_AGAIN_MS), setTimeout(giveUp, KILL_TIMEOUT_MS)]
  }
  told.addEventListener('abort', begin, { once: true })
  if (told.aborted) begin()
  return () => {
    told.removeEventListener('abort', begin)
    for (const timer of timers) clearTimeout(timer)
  }
}

async function exitOf(daemon: Daemon, exec: Dockerode.Exec): Promise<string> {
  const deadline = performance.now() + EXIT_CODE_TIMEOUT_MS
  try {
    for (;;) {
      const { Running, ExitCode } = await answer(daemon, 'inspect a program', exec.inspect())
      if (!Running && ExitCode !== null) return exitText(ExitCode)
      if (performance.now() > deadline) return 'no longer answers, nor does it end'
      await sleep(5)
    }
  } catch (error) {
    return `was ended with its container: ${(error as Error).message}`
  }
}

/** In the words of a child process. A shell's rule: 128 and the signal's number. */
function exitText(code: number): string {
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0]
  return signal === undefined ? `ended with exit code ${code}` : `was ended by signal ${signal}`
}
