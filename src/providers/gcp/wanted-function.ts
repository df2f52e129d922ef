import { createHash } from 'node:crypto'
import type { AgentConfig } from '../../model/task.ts'
import { type AgentPackage, agentPackage } from '../cloud/agent-package.ts'
import { functionName, ownershipTags } from '../cloud/ownership.ts'
import type { DeployRequest } from '../provider.ts'
import type { FunctionSpec } from './functions-api.ts'
import type { Settings } from './options.ts'

/** The function that a deployment needs, and its source. */
export interface WantedFunction {
  readonly spec: FunctionSpec
  readonly zip: Uint8Array
  /** Where the run says when it ends. */
  readonly endsBeforeMs?: number
}

/** Label with the digest of code and configuration: Google tells none of the code of the 2nd generation. */
export const DIGEST_LABEL = 'netfair-digest'
/** Of 64 hexadecimal digits: a label has 63 characters. */
const DIGEST_DIGITS = 40

/** The platform's own library, which starts the agent; the one that the test bed runs. */
const FRAMEWORK_VERSION = '5.0.5'
const PACKAGE_JSON = JSON.stringify({
  name: 'netfair-agent',
  private: true,
  type: 'module',
  main: 'index.mjs',
  dependencies: { '@google-cloud/functions-framework': FRAMEWORK_VERSION },
})

/**
 * @param parent - `projects/…/locations/…`
 * @throws as `agentPackage`
 */
export async function wantedFunction(parent: string, settings: Settings, request: DeployRequest): Promise<WantedFunction> {
  const { runId, memoryMb, concurrency, agent, endsBeforeMs } = request
  const packed = await agentPackage(agent, { 'package.json': PACKAGE_JSON })
  const { vcpus, timeoutSeconds, serviceAccount } = settings
  const configured = {
    name: `${parent}/functions/${functionName(runId, memoryMb)}`,
    memoryMb,
    instances: concurrency,
    timeoutSeconds,
    environment: { NETFAIR_AGENT: JSON.stringify(configOf(agent, packed)) },
    ...(vcpus !== undefined && { vcpus }),
    ...(serviceAccount !== undefined && { serviceAccount }),
  }
  const digest = createHash('sha256')
    .update(JSON.stringify([packed.sha256, configured]))
    .digest('hex')
    .slice(0, DIGEST_DIGITS)
  const tags = ownershipTags({ runId, ...(endsBeforeMs !== undefined && { endsBeforeMs }) })
  return {
    spec: { ...configured, labels: { ...tags, [DIGEST_LABEL]: digest } },
    zip: packed.zip,
    ...(endsBeforeMs !== undefined && { endsBeforeMs }),
  }
}

function configOf({ secret, allowedTargets, credentials }: DeployRequest['agent'], { modules }: AgentPackage): AgentConfig {
  return { secret, allowedTargets, modules, ...(credentials !== undefined && { credentials }) }
}
