import type { Task } from '../../model/task.ts'
import { builtInProbes } from '../../probes/built-in.ts'
import { createAgent } from '../agent.ts'
import { takeConfig } from '../agent-config.ts'

/** The agent as an HTTP function of Google's Functions Framework, either generation: a task comes as JSON body, the reply goes back as one. */

interface Request {
  readonly body: unknown
}

interface Response {
  readonly writableFinished: boolean
  status(code: number): Response
  json(body: unknown): void
  once(event: 'close', listener: () => void): unknown
}

const { handle } = createAgent(takeConfig(), { probes: builtInProbes })

export async function agent(request: Request, response: Response): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort(new Error('Whoever sent the task has gone.')))
  try {
    response.json(await handle(request.body as Task, { signal: gone.signal }))
  } catch (error) {
    response.status(400).json({ error: error instanceof Error ? error.message : String(error) })
  }
}
