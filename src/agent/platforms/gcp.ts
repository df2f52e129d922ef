import { InputError } from '../../model/errors.ts'
import type { Task } from '../../model/task.ts'
import { builtInProbes } from '../../probes/built-in.ts'
import { type AgentOptions, createAgent } from '../agent.ts'
import { takeConfig } from '../agent-config.ts'
import { importPackaged } from '../packaged-probe.ts'

/** As far as it is used, of what the Functions Framework hands to an HTTP function. */
interface Request {
  readonly body: unknown
}
interface Response {
  status(code: number): Response
  json(body: unknown): void
  once(event: 'close', listener: () => void): unknown
}

export type HttpFunction = (request: Request, response: Response) => Promise<void>

/** The agent as an HTTP function of either generation: the body is the task, what is answered the reply. It stops when the caller goes. */
export function gcpFunction(options: Pick<AgentOptions, 'openObjectClient'> = {}): HttpFunction {
  const { handle } = createAgent(takeConfig(), { probes: builtInProbes, importModule: importPackaged, ...options })
  return async ({ body }, response) => {
    const gone = new AbortController()
    response.once('close', () => gone.abort(new Error('Whoever sent the task has gone.')))
    try {
      response.json(await handle(body as Task, { signal: gone.signal }))
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      response.status(400).json({ error: { code: error.code, message: error.message } })
    }
  }
}
