import { checkFunction } from './check-function.ts'
import { withDefaults } from './deployed-function.ts'
import type { FunctionMessage, ServiceConfig } from './function-message.ts'
import { bytesOf, vcpusOf } from './quantity.ts'
import type { FunctionName, Geography } from './resource-name.ts'
import { invalidArgument, StatusError } from './status-error.ts'

/** The project: what there is in it, and how much it may have. */
export interface Account {
  readonly geography: Geography
  readonly projectNumber: string
  /** Functions of a region. */
  readonly maxFunctions: number
  /** Instances of 1 vCPU and 2 GiB at once, for each function. */
  readonly maxInstances: number
  /** Accounts that functions may run as, besides the default ones. */
  readonly serviceAccounts: readonly string[]
  readonly vpcConnectors: readonly string[]
}

/**
 * A function as it is asked for, with what the platform sets, once it is known that it may be made here.
 * @throws StatusError `INVALID_ARGUMENT`, `PERMISSION_DENIED`
 */
export function completed(name: FunctionName, asked: FunctionMessage, account: Account): FunctionMessage {
  const gen1 = asked.environment === 'GEN_1'
  const { projectId } = account.geography
  const [appEngine, compute] = [
    `${projectId}@appspot.gserviceaccount.com`,
    `${account.projectNumber}-compute@developer.gserviceaccount.com`,
  ]
  const service = gen1 ? '' : `projects/${projectId}/locations/${name.location}/services/${name.id}`
  const message = withDefaults(asked, { serviceAccount: gen1 ? appEngine : compute, service })
  checkFunction(name.id, message)
  const config = message.serviceConfig as ServiceConfig
  checkServiceAccount(config.serviceAccountEmail, [appEngine, compute, ...account.serviceAccounts])
  if (config.vpcConnector !== '' && !account.vpcConnectors.includes(config.vpcConnector)) {
    throw invalidArgument(`VPC connector ${config.vpcConnector} does not exist, or Cloud Functions does not have permission to use it.`)
  }
  checkQuota(name.id, config, account)
  return message
}

function checkServiceAccount(email: string, known: readonly string[]): void {
  if (known.includes(email)) return
  throw new StatusError(
    'PERMISSION_DENIED',
    `Caller is missing permission 'iam.serviceaccounts.actAs' on service account projects/-/serviceAccounts/${email}. Grant the role 'roles/iam.serviceAccountUser' to the caller on the service account.`,
    { reason: 'IAM_PERMISSION_DENIED', metadata: { permission: 'iam.serviceaccounts.actAs', resource: email } },
  )
}

/** Larger instances count as several. Source: docs of Cloud Run, "About maximum instances". */
function checkQuota(id: string, { maxInstanceCount, availableCpu, availableMemory }: ServiceConfig, { maxInstances }: Account): void {
  const share = Math.max(1, vcpusOf(availableCpu) ?? 1, (bytesOf(availableMemory) ?? 0) / 2 ** 31)
  const most = Math.floor(maxInstances / share)
  if (maxInstanceCount <= most) return
  throw invalidArgument(
    `Could not create or update Cloud Run service ${id}, spec.template.metadata.annotations[autoscaling.knative.dev/maxScale]: Invalid value specified. Max instances must be set to ${most} or fewer in order to set the requested total CPU and memory.`,
  )
}
