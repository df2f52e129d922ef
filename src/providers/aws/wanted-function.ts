import { isDeepStrictEqual } from 'node:util'
import type { Environment, GetFunctionResponse } from '@aws-sdk/client-lambda'
import { InputError } from '../../model/errors.ts'
import type { AgentConfig } from '../../model/task.ts'
import { type AgentPackage, agentPackage } from '../cloud/agent-package.ts'
import { functionName, type OwnershipTags, ownershipTags } from '../cloud/ownership.ts'
import type { DeployRequest } from '../provider.ts'
import { roleOf, type Settings } from './options.ts'

/** The agent needs Node 22; this is the newest runtime whose end is years away. */
export const RUNTIME = 'nodejs24.x'
/** Lambda's limit for all variables together. */
const MAX_ENVIRONMENT_BYTES = 4096
/** A function's lease that nobody asked for is renewed only when it has become shorter by so much. */
const LEASE_SLACK_SECONDS = 3600

/** A function as it shall be. */
export interface WantedFunction {
  readonly name: string
  readonly code: AgentPackage
  readonly architecture: 'x86_64' | 'arm64'
  readonly configuration: {
    readonly Runtime: typeof RUNTIME
    readonly Handler: string
    readonly Role: string
    readonly MemorySize: number
    readonly Timeout: number
    readonly EphemeralStorage: { readonly Size: number }
    readonly Environment: Environment
  }
  /** Without ids: outside a VPC. */
  readonly vpc: { readonly SubnetIds: string[]; readonly SecurityGroupIds: string[] }
  readonly tags: OwnershipTags
  /** Until when its tags must last, epoch seconds. */
  readonly neededUntil: number
  readonly concurrency: number
}

/** @throws InputError `PREREQUISITE_MISSING`, `INVALID_FACTOR`, `AGENT_CONFIG_TOO_LARGE`, and what `agentPackage` throws */
export async function wantedFunction(request: DeployRequest, settings: Settings): Promise<WantedFunction> {
  const { runId, memoryMb, concurrency, agent } = request
  const role = roleOf(settings)
  const path = pathOf(request, settings)
  const code = await agentPackage(agent)
  const tags = ownershipTags(request)
  const { subnetIds = [], securityGroupIds = [] } = (path === 'vpc' && settings.vpc) || {}
  return {
    name: functionName(runId, memoryMb, settings.vpc === undefined ? [] : [path]),
    code,
    architecture: settings.architecture,
    configuration: {
      Runtime: RUNTIME,
      Handler: 'index.handler',
      Role: role,
      MemorySize: memoryMb,
      Timeout: settings.timeoutSeconds,
      EphemeralStorage: { Size: settings.storageMb },
      Environment: environmentOf(configOf(agent, code)),
    },
    vpc: { SubnetIds: [...subnetIds], SecurityGroupIds: [...securityGroupIds] },
    tags,
    neededUntil: Number(tags['netfair-until']) - (request.endsBeforeMs === undefined ? LEASE_SLACK_SECONDS : 0),
    concurrency,
  }
}

function configOf({ secret, allowedTargets, credentials }: DeployRequest['agent'], { modules }: AgentPackage): AgentConfig {
  return { secret, allowedTargets, modules, ...(credentials !== undefined && { credentials }) }
}

/** What of a function that is there is not as it shall be. */
export interface Differences {
  readonly code: boolean
  readonly configuration: boolean
  readonly vpc: boolean
  readonly tags: boolean
}

export function differences(wanted: WantedFunction, { Configuration: found = {}, Tags = {} }: GetFunctionResponse): Differences {
  const { Environment, ...plain } = wanted.configuration
  const code =
    found.CodeSha256 !== wanted.code.sha256 ||
    !isDeepStrictEqual(found.Architectures ?? ['x86_64'], [wanted.architecture]) ||
    // What it says of itself is then not what runs.
    found.LastUpdateStatus === 'Failed'
  const configuration =
    !isDeepStrictEqual(found.Environment?.Variables, Environment.Variables) ||
    Object.entries(plain).some(([key, value]) => !isDeepStrictEqual(found[key as keyof typeof plain], value))
  const vpc =
    !sameIds(found.VpcConfig?.SubnetIds, wanted.vpc.SubnetIds) || !sameIds(found.VpcConfig?.SecurityGroupIds, wanted.vpc.SecurityGroupIds)
  const { 'netfair-run': run, 'netfair-owner': owner } = wanted.tags
  const owned = Tags['netfair-run'] === run && Tags['netfair-owner'] === owner && Number(Tags['netfair-until']) >= wanted.neededUntil
  return { code, configuration, vpc, tags: !owned }
}

function sameIds(one: readonly string[] = [], other: readonly string[] = []): boolean {
  return isDeepStrictEqual(one.toSorted(), other.toSorted())
}

function pathOf({ factors = {} }: DeployRequest, { vpc }: Settings): 'public' | 'vpc' {
  const { path = 'public', ...others } = factors
  const [unknown] = Object.keys(others)
  if (unknown === undefined && (path === 'public' || (path === 'vpc' && vpc !== undefined))) return path
  const given = unknown === undefined ? `path "${path}"` : `"${unknown}"`
  throw new InputError('INVALID_FACTOR', `aws(): it cannot set the factor ${given}; it sets "path" to public, and to vpc with "vpc".`, {
    hint: 'Give aws({vpc: {subnetIds, securityGroupIds}}), or leave the factor out.',
  })
}

function environmentOf(config: AgentConfig): Environment {
  const variables = { NETFAIR_AGENT: JSON.stringify(config) }
  // Lambda measures it so, and would repeat it, secret and all, in its error.
  const bytes = Buffer.byteLength(JSON.stringify(variables))
  if (bytes <= MAX_ENVIRONMENT_BYTES) return { Variables: variables }
  throw new InputError(
    'AGENT_CONFIG_TOO_LARGE',
    `The agent's configuration has ${bytes} bytes; the environment of a Lambda function takes ${MAX_ENVIRONMENT_BYTES}.`,
    { hint: 'Name fewer targets and origins, or shorter ones.' },
  )
}
