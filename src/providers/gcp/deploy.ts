import { MeasurementError, NetfairError } from '../../model/errors.ts'
import { undoAfter } from '../cloud/undo-after.ts'
import type { DeployRequest } from '../provider.ts'
import type { Connection } from './connection.ts'
import { GcpDeployment } from './deployment.ts'
import type { CloudFunction } from './functions-api.ts'
import { callInvoker, httpsInvoker } from './invoker.ts'
import type { Settings } from './options.ts'
import { platformError } from './platform-error.ts'
import { putInPlace } from './put-in-place.ts'
import { removeFunction } from './removal.ts'
import { wantedFunction } from './wanted-function.ts'

/**
 * Deploys the agent; what was made is removed again where that fails.
 * @throws MeasurementError `DEPLOYMENT_FAILED`, `DEPLOYMENT_ABORTED`, `QUOTA_EXCEEDED`, `PREREQUISITE_MISSING`, `CLEANUP_INCOMPLETE`
 */
export async function deploy(connection: Connection, settings: Settings, region: string, request: DeployRequest): Promise<GcpDeployment> {
  const { memoryMb, agent, signal } = request
  const api = connection.api(settings.generation)
  const parent = `projects/${connection.projectId}/locations/${region}`
  const wanted = await wantedFunction(parent, settings, request)
  const { name } = wanted.spec
  let made = false
  const onMaking = (): void => {
    made = true
  }
  try {
    const live = await putInPlace({ connection, api, parent, wanted, signal, onMaking })
    signal?.throwIfAborted()
    const url = checkLive(live)
    return new GcpDeployment({
      memoryMb,
      invoke: settings.invokeBy === 'call' ? callInvoker(api, name) : httpsInvoker(connection, url),
      secrets: [agent.secret],
      remove: () => removeFunction(api, name),
    })
  } catch (error) {
    const refused = (): NetfairError => platformError(error, `deploy the function of ${memoryMb} MB`, [agent.secret])
    const failure = signal?.aborted ? aborted(memoryMb) : error instanceof NetfairError ? error : refused()
    if (made) return undoAfter(failure, () => removeFunction(api, name))
    throw failure
  }
}

/** Its URL. */
function checkLive({ state, url }: CloudFunction): string {
  if (state === 'active' && url !== undefined) return url
  throw new MeasurementError('DEPLOYMENT_FAILED', `The function is not active after its deployment, but "${state}".`, {
    hint: 'See the logs of the build and of the function in this project.',
  })
}

function aborted(memoryMb: number): MeasurementError {
  return new MeasurementError('DEPLOYMENT_ABORTED', `The deployment with ${memoryMb} MB was aborted; what there was of it is removed.`, {
    hint: 'Deploy again.',
  })
}
