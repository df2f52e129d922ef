import { type AzureOptions, azure } from '../../../src/providers/azure.ts'
import type { DeployRequest, Provider } from '../../../src/providers/provider.ts'
import { agentBundle } from '../../../src/run/built-program.ts'
import { type AzureBed, type AzureBedOptions, startAzureBed } from '../../test-bed/azure.ts'

/** A bed with what netfair's defaults ask for; this process and those it starts take it for Azure from now on. */
export async function useAzureBed(options: AzureBedOptions = {}): Promise<AzureBed> {
  const bed = await startAzureBed({ container: 'netfair', ...options })
  Object.assign(process.env, bed.environment)
  return bed
}

/** Options of `azure()` that name what the bed has. */
export function optionsOf({ account }: AzureBed): AzureOptions {
  const { subscriptionId, resourceGroup, location, storageAccount } = account
  return { subscriptionId, resourceGroup, location: location.name, storageAccount }
}

export const onBed = (bed: AzureBed, options: Partial<AzureOptions> = {}): Provider => azure({ ...optionsOf(bed), ...options })

export function deployRequest(changes: Partial<DeployRequest> = {}): DeployRequest {
  const agent = { bundle: agentBundle('azure'), secret: 'PLANTED-S3CR3T', allowedTargets: ['127.0.0.1:5201'], modules: [] }
  return { runId: 'azure-test', memoryMb: 512, concurrency: 2, agent, ...changes }
}

/** What was asked since then that changes something. */
export const changesSince = (bed: AzureBed, count: number): readonly string[] =>
  bed.requests.slice(count).flatMap(({ operation }) => (/CreateOrUpdate|_Delete|_Update|Scm_Publish/.test(operation) ? [operation] : []))
