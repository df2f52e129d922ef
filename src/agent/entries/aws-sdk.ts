import type { AgentReply, Task } from '../../model/task.ts'
import { onlyStore } from '../../storage/only-store.ts'
import { awsHandler } from '../platforms/aws.ts'

const openObjectClient = onlyStore('s3', async () => (await import('../../storage/s3/client.ts')).openS3Client)

/** With the SDK of S3. */
export const handler: (event: Task) => Promise<AgentReply> = awsHandler({ openObjectClient })
