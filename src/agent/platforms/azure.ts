import { app, type HttpResponseInit } from '@azure/functions'
import { InputError } from '../../model/errors.ts'
import type { Task } from '../../model/task.ts'
import { builtInProbes } from '../../probes/built-in.ts'
import { type Agent, type AgentOptions, createAgent } from '../agent.ts'
import { takeConfig } from '../agent-config.ts'
import { importPackaged } from '../packaged-probe.ts'

/** The agent as an HTTP function of an Azure function app: the body is the task, what is answered the reply. */
export function registerAzureFunction(options: Pick<AgentOptions, 'openObjectClient'> = {}): void {
  // The platform keeps worker processes that wait for an app to become theirs: how long they waited is no cold start.
  const startedAhead = process.env['WEBSITE_PLACEHOLDER_MODE'] !== undefined
  const agent = createAgent(takeConfig(), { probes: builtInProbes, importModule: importPackaged, startedAhead, ...options })
  app.http('probe', { methods: ['POST'], authLevel: 'function', handler: async (request) => answer(agent, await request.text()) })
}

/** What is no task is answered with 400: that is also how the provider sees that the function lives. */
async function answer(agent: Agent, text: string): Promise<HttpResponseInit> {
  try {
    return { jsonBody: await agent.handle(JSON.parse(text) as Task) }
  } catch (error) {
    if (!(error instanceof InputError || error instanceof SyntaxError)) throw error
    return { status: 400, jsonBody: { error: { code: 'TASK_MALFORMED', message: error.message } } }
  }
}
