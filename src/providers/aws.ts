import pLimit from 'p-limit'
import type { Platform } from '../model/platform.ts'
import { type Connection, connect } from './aws/connection.ts'
import { deployFunction } from './aws/deploy-function.ts'
import { describeAccount } from './aws/describe-account.ts'
import { checkDuration } from './aws/duration.ts'
import { explained } from './aws/explained.ts'
import { removeLeftovers } from './aws/leftovers.ts'
import { type AwsOptions, checkAwsOptions, regionOf, roleOf, type Settings } from './aws/options.ts'
import { wantedFunction } from './aws/wanted-function.ts'
import { checkOffered } from './cloud/offered-memory.ts'
import type { Provider } from './provider.ts'

export type { AwsOptions, AwsVpc } from './aws/options.ts'

const MEMORY = { from: 128, to: 10_240, step: 1 }

/**
 * Functions on AWS Lambda, one for each memory size, 128 to 10,240 MB in steps of 1 (new accounts may stop at 3,008). It makes functions and
 * nothing else, and removes them; the role, and the VPC if there is one, are yours: see docs/aws.md.
 *
 * Needs the package `@aws-sdk/client-lambda`, and credentials where the AWS SDK looks for them. `check` looks for package, credentials,
 * region, memory size and the account's concurrency. Only making a function shows whether Lambda can assume the role, whether the VPC is
 * right, and whether the account stops at 3,008 MB: the first `deploy` says so, and leaves nothing behind.
 *
 * A function's concurrency is reserved as a guard, where the account has enough of it (`environment` of the description says for how many).
 * Samples carry the initialisation of a cold start as `initMs`, and throttled attempts as `values.throttledInvokes`. An invocation
 * that is aborted gets no answer, and runs on in Lambda until its task's deadline.
 *
 * @throws InputError `INVALID_OPTION`, `MISSING_OPTION`, `UNKNOWN_OPTION`
 */
export function aws(options: AwsOptions = {}): Provider {
  const settings = checkAwsOptions(options)
  const connections = new Map<string, Promise<Connection>>()
  const connected = (name?: string): Promise<Connection> => {
    const region = regionOf(name ?? settings.region)
    const known = connections.get(region) ?? connect(region)
    connections.set(region, known)
    return known
  }
  const oneAtATime = pLimit(1)
  return {
    name: 'aws',
    options: { ...settings },
    billedAs: platformOf(settings),
    agentEntry: 'aws',
    ...(settings.vpc !== undefined && { factors: { path: ['public', 'vpc'] } }),
    supports: () => true,

    async check(demand = {}) {
      checkSizes(demand.memoryMb)
      checkDuration(demand.invocationMs ?? 0, settings.timeoutSeconds)
      roleOf(settings)
      return describeAccount(await connected(), settings, demand)
    },

    async deploy(request) {
      checkSizes([request.memoryMb])
      const wanted = await wantedFunction(request, settings)
      return deployFunction(await connected(), { request, settings, wanted, inTurn: oneAtATime })
    },

    async cleanup({ region, olderThanMs } = {}) {
      const connection = await connected(region)
      return explained(connection, { doing: 'the cleanup' }, () => removeLeftovers(connection, olderThanMs))
    },
  }
}

function platformOf({ region, architecture, storageMb }: Settings): Platform {
  return { name: 'aws', variant: 'lambda', ...(region !== undefined && { region }), architecture, storageMb }
}

function checkSizes(memoryMb: readonly number[] = []): void {
  for (const size of memoryMb) checkOffered(size, MEMORY, 'AWS Lambda')
}
