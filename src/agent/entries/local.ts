import type { AgentConfig, AgentMessage, AgentRequest } from '../../model/task.ts'
import { builtInProbes } from '../../probes/built-in.ts'
import { createAgent } from '../agent.ts'
import { runProgram } from '../run-program.ts'

/**
 * The agent as a process: JSON lines, requests on standard input, `ready` and replies on standard output (`AgentMessage`), one task at
 * a time. It ends when its input closes, even during a task.
 */

const CONFIG_VARIABLE = 'NETFAIR_AGENT'

function fail(message: string, exitCode: number): never {
  process.stderr.write(`netfair agent: ${message}\n`)
  process.exit(exitCode)
}

/** Reads the configuration and removes it from the environment, where a probe of one's own could see the secret. */
function takeConfig(): AgentConfig {
  const text = process.env[CONFIG_VARIABLE]
  delete process.env[CONFIG_VARIABLE]
  try {
    const { secret, allowedTargets, modules } = JSON.parse(text ?? '') as AgentConfig
    if (typeof secret === 'string' && Array.isArray(allowedTargets) && Array.isArray(modules)) return { secret, allowedTargets, modules }
  } catch {}
  return fail(
    `${CONFIG_VARIABLE} must be JSON {"secret": text, "allowedTargets": [text], "modules": [text]}; this program is started by the local provider.`,
    2,
  )
}

process.on('uncaughtException', (error) => fail(error instanceof Error ? (error.stack ?? error.message) : String(error), 1))

const write = process.stdout.write.bind(process.stdout)
// Standard output belongs to the protocol: what a probe of one's own prints goes to standard error.
process.stdout.write = ((...parameters: Parameters<typeof write>) => process.stderr.write(...parameters)) as typeof write
const say = (message: AgentMessage) => write(`${JSON.stringify(message)}\n`)

const agent = createAgent(takeConfig(), { probes: builtInProbes, runProgram })
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
