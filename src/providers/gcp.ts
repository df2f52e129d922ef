import { InputError } from '../model/errors.ts'
import { cleanUp } from './gcp/cleanup.ts'
import { type Connection, connect } from './gcp/connection.ts'
import { deploy } from './gcp/deploy.ts'
import { RUNTIME } from './gcp/functions-api.ts'
import { checkDemand, checkDuration, checkGcpOptions, type GcpOptions, regionOf, type Settings } from './gcp/options.ts'
import { platformError } from './gcp/platform-error.ts'
import { untilAborted } from './gcp/until-aborted.ts'
import type { Demand, Provider, ProviderDescription } from './provider.ts'

export type { GcpOptions } from './gcp/options.ts'

/**
 * Google Cloud Functions: one function a memory size, one request an instance, at most as many instances as are asked for at once. They
 * are not public: whoever invokes them needs the role `roles/run.invoker` (1st generation: `roles/cloudfunctions.invoker`). Nothing but
 * functions is made; what the project needs for that is in `docs/gcp.md`.
 *
 * Needs the packages `@google-cloud/functions` and `google-auth-library`, and credentials by the usual chain of Google's libraries.
 * Google does not tell the billed time: the cost is that of the time which the functions measured themselves.
 *
 * `check` finds out missing packages, credentials that are refused or make no identity tokens, a region that is not there, and an API that
 * is not enabled. It cannot ask for roles, the quota of instances and the APIs of Cloud Build, Artifact Registry and Cloud Run: those show
 * when the first function is deployed.
 *
 * @throws InputError `INVALID_OPTION`, `UNKNOWN_OPTION`
 */
export function gcp(options: GcpOptions = {}): Provider {
  const settings = checkGcpOptions(options)
  const { generation, region, vcpus } = settings
  const variant = `gen${generation}`
  const connected = retriedAfterFailure(() => connect(settings))
  const known = retriedAfterFailure(async () => {
    const connection = await connected()
    await checkRegion(connection, settings)
    if (settings.invokeBy === 'https') await connection.checkIdentity()
  })
  const ready = async ({ memoryMb = [], concurrency = 1, invocationMs = 0, signal }: Demand): Promise<Connection> => {
    signal?.throwIfAborted()
    checkDemand(settings, memoryMb, concurrency)
    checkDuration(invocationMs, settings)
    regionOf(settings)
    await untilAborted(known(), signal)
    return connected()
  }
  return {
    name: 'gcp',
    options: { ...settings },
    agentEntry: 'gcp',
    billedAs: { name: 'gcp', variant, ...(region !== undefined && { region }), ...(vcpus !== undefined && { vcpus }) },
    supports: () => true,

    async check(demand = {}) {
      await ready(demand)
      return describe(settings)
    },

    async deploy(request) {
      const { memoryMb, concurrency } = request
      const connection = await ready({ memoryMb: [memoryMb], concurrency })
      return deploy(connection, settings, regionOf(settings), request)
    },

    async cleanup(which = {}) {
      return cleanUp(await connected(), { ...(region !== undefined && { region }), ...which })
    },
  }
}

/** Done once by all who ask, and again only after it failed. */
function retriedAfterFailure<Value>(work: () => Promise<Value>): () => Promise<Value> {
  let done: Promise<Value> | undefined
  return () => {
    if (done !== undefined) return done
    done = work()
    done.catch(() => {
      done = undefined
    })
    return done
  }
}

async function checkRegion({ api, projectId }: Connection, settings: Settings): Promise<void> {
  const region = regionOf(settings)
  const regions = await api(settings.generation)
    .regions(projectId)
    .catch((error: unknown) => {
      throw platformError(error, 'list the regions of Cloud Functions')
    })
  if (regions.includes(region)) return
  throw new InputError('REGION_UNKNOWN', `gcp(): region is "${region}"; Cloud Functions are in: ${regions.toSorted().join(', ')}.`, {
    hint: 'Give one of these.',
  })
}

function describe({ region, generation, timeoutSeconds, vcpus }: Settings): ProviderDescription {
  return {
    name: 'gcp',
    variant: `gen${generation}`,
    ...(region !== undefined && { region }),
    environment: { runtime: RUNTIME, requestsPerInstance: 1, timeoutSeconds, ...(vcpus !== undefined && { vcpus }) },
  }
}
