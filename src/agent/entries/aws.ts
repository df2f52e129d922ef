import type { AgentReply, Task } from '../../model/task.ts'
import { awsHandler } from '../platforms/aws.ts'

export const handler: (event: Task) => Promise<AgentReply> = awsHandler()
