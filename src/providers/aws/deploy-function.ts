import { undoAfter } from '../cloud/undo-after.ts'
import type { Deployment, DeployRequest } from '../provider.ts'
import { checkConcurrency, readLimits } from './account.ts'
import type { Connection } from './connection.ts'
import { LambdaDeployment } from './deployment.ts'
import { ensureFunction } from './ensure-function.ts'
import { explained } from './explained.ts'
import { guard } from './guard.ts'
import type { Settings } from './options.ts'
import { removeFunction } from './remove-function.ts'
import type { WantedFunction } from './wanted-function.ts'

export interface DeployParts {
  readonly request: DeployRequest
  readonly settings: Settings
  readonly wanted: WantedFunction
  /** Does one thing after the other: what is free to be reserved must not be counted twice. */
  inTurn<Result>(act: () => Promise<Result>): Promise<Result>
}

/** Makes the function, or takes over the one that this run has already. Whatever fails, it is removed: half of one is no use to anybody. */
export async function deployFunction(connection: Connection, parts: DeployParts): Promise<Deployment> {
  const { request, settings, wanted, inTurn } = parts
  const { signal } = request
  const { name, concurrency } = wanted
  const step = { doing: `the deployment of ${request.memoryMb} MB`, signal, secrets: [request.agent.secret] }
  await explained(connection, step, async () => checkConcurrency(concurrency, await readLimits(connection, signal), connection.region))
  try {
    await explained(connection, step, async () => {
      const reserved = await ensureFunction(connection, wanted, signal)
      await inTurn(() => guard(connection, name, concurrency, reserved))
      signal?.throwIfAborted()
    })
  } catch (error) {
    return undoAfter(error, () => removeFunction(connection, name))
  }
  return new LambdaDeployment(connection, { name, timeoutSeconds: settings.timeoutSeconds, request })
}
