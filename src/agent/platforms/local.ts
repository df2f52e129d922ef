import type { AgentConfig, AgentMessage, AgentRequest } from '../../model/task.ts'
import { builtInProbes } from '../../probes/built-in.ts'
import { type AgentOptions, createAgent } from '../agent.ts'
import { takeConfig } from '../agent-config.ts'
import { runProgram } from '../run-program.ts'

/**
 * The agent as a process: JSON lines, requests on standard input, `ready` and replies on standard output (`AgentMessage`), one task at
 * a time. It ends when its input closes, even during a task.
 */

function fail(message: string, exitCode: number): never {
  process.stderr.write(`netfair agent: ${message}\n`)
  process.exit(exitCode)
}

function configOrExit(): AgentConfig {
  try {
    return takeConfig()
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error), 2)
  }
}

/** Serves until its input closes. */
export function serveLocalAgent(options: Pick<AgentOptions, 'openObjectClient'> = {}): void {
  process.on('uncaughtException', (error) => fail(error instanceof Error ? (error.stack ?? error.message) : String(error), 1))

  const write = process.stdout.write.bind(process.stdout)
  // Standard output belongs to the protocol: what a probe of one's own prints goes to standard error.
  process.stdout.write = ((...parameters: Parameters<typeof write>) => process.stderr.write(...parameters)) as typeof write
  const say = (message: AgentMessage) => write(`${JSON.stringify(message)}\n`)

  const agent = createAgent(configOrExit(), { probes: builtInProbes, runProgram, startedAhead: true, ...options })
  let lastTask: Promise<void> = Promise.resolve()
  let rest = ''

  async function answer(line: string): Promise<void> {
    const { id, task } = JSON.parse(line) as AgentRequest
    say({ kind: 'reply', id, reply: await agent.handle(task) })
  }

  process.stdin
    .setEncoding('utf8')
    .on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) lastTask = lastTask.then(() => answer(line))
    })
    .on('end', () => process.exit(0))
    .on('error', () => process.exit(0))

  say({ kind: 'ready' })
}
