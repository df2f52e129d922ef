import type { AgentReply, Task } from '../../model/task.ts'
import { builtInProbes } from '../../probes/built-in.ts'
import { createAgent } from '../agent.ts'
import { takeConfig } from '../agent-config.ts'
import { importPackaged } from '../packaged-probe.ts'

const agent = createAgent(takeConfig(), { probes: builtInProbes, importModule: importPackaged })

/** The agent as an AWS Lambda function: the event is the task, what is returned the reply. */
export function handler(event: Task): Promise<AgentReply> {
  return agent.handle(event)
}
