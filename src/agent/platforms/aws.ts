import type { AgentReply, Task } from '../../model/task.ts'
import { builtInProbes } from '../../probes/built-in.ts'
import { type AgentOptions, createAgent } from '../agent.ts'
import { takeConfig } from '../agent-config.ts'
import { importPackaged } from '../packaged-probe.ts'

/** The agent as an AWS Lambda function: the event is the task, what is returned the reply. */
export function awsHandler(options: Pick<AgentOptions, 'openObjectClient'> = {}): (event: Task) => Promise<AgentReply> {
  const agent = createAgent(takeConfig(), { probes: builtInProbes, importModule: importPackaged, ...options })
  return (event) => agent.handle(event)
}
