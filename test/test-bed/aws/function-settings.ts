import type { Architecture, CreateFunctionRequest, UpdateFunctionConfigurationRequest } from '@aws-sdk/client-lambda'
import type { Account } from './account.ts'
import { invalid, ServiceError } from './service-error.ts'

/** What a request says that creates a function or configures it. */
export type SettingsRequest = Omit<Partial<CreateFunctionRequest>, 'Code'> & Partial<UpdateFunctionConfigurationRequest>

export interface FunctionSettings {
  readonly role: string
  readonly handler: string
  readonly runtime: string
  readonly description: string
  readonly timeoutSeconds: number
  readonly memoryMb: number
  readonly ephemeralMb: number
  readonly variables: Readonly<Record<string, string>>
  readonly architectures: readonly Architecture[]
  /** Empty lists for a function that has left its VPC. */
  readonly vpc: { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] } | undefined
}

const RUNTIMES = ['nodejs20.x', 'nodejs22.x', 'nodejs24.x']
const MAX_VARIABLES_BYTES = 4096
const RESERVED =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_REGION|REGION|EXECUTION_ENV|ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|AWS_LAMBDA_\w+|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR)$/

/** The settings of a function: those of the request, else the earlier ones, else the defaults. Refuses what Lambda refuses. */
export function settingsOf(request: SettingsRequest, account: Account, earlier?: FunctionSettings): FunctionSettings {
  checkConstraints(request)
  const { Role, Handler, Runtime, Description, Timeout, MemorySize, EphemeralStorage, Environment, Architectures, VpcConfig } = request
  if (earlier === undefined && (Handler === undefined || Runtime === undefined)) {
    throw invalid('Runtime and Handler are mandatory parameters for functions created with deployment packages.')
  }
  const settings: FunctionSettings = {
    role: Role ?? earlier?.role ?? '',
    handler: Handler ?? earlier?.handler ?? '',
    runtime: Runtime ?? earlier?.runtime ?? '',
    description: Description ?? earlier?.description ?? '',
    timeoutSeconds: Timeout ?? earlier?.timeoutSeconds ?? 3,
    memoryMb: MemorySize ?? earlier?.memoryMb ?? 128,
    ephemeralMb: EphemeralStorage?.Size ?? earlier?.ephemeralMb ?? 512,
    variables: Environment === undefined ? (earlier?.variables ?? {}) : (Environment.Variables ?? {}),
    architectures: Architectures ?? earlier?.architectures ?? ['x86_64'],
    vpc: VpcConfig === undefined ? earlier?.vpc : vpcOf(VpcConfig),
  }
  checkVariables(settings.variables)
  checkAccount(settings, account)
  return settings
}

function vpcOf({ SubnetIds = [], SecurityGroupIds = [] }: NonNullable<SettingsRequest['VpcConfig']>): FunctionSettings['vpc'] {
  if ((SubnetIds.length === 0) !== (SecurityGroupIds.length === 0)) {
    throw invalid('SubnetIds and SecurityIds must coexist or be both empty list.')
  }
  return { subnetIds: SubnetIds, securityGroupIds: SecurityGroupIds }
}

/** What the service's model says of single members, as one answer. */
function checkConstraints(request: SettingsRequest): void {
  const wrong: string[] = []
  const must = (field: string, value: unknown, holds: boolean, rule: string): void => {
    if (value !== undefined && !holds) wrong.push(`Value '${value}' at '${field}' failed to satisfy constraint: Member must ${rule}`)
  }
  const within = (field: string, value: number | undefined, from: number, to: number): void => {
    must(field, value, Number(value) >= from, `have value greater than or equal to ${from}`)
    must(field, value, Number(value) <= to, `have value less than or equal to ${to}`)
  }
  const { FunctionName, Role, Handler, Runtime, Description, Timeout, MemorySize, EphemeralStorage, Architectures } = request
  must(
    'functionName',
    FunctionName,
    /^[a-zA-Z0-9-_]{1,64}$/.test(FunctionName ?? ''),
    'satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?',
  )
  must(
    'role',
    Role,
    ROLE.test(Role ?? ''),
    'satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+',
  )
  must('handler', Handler, /^\S{1,128}$/.test(Handler ?? ''), 'satisfy regular expression pattern: [^\\s]+')
  must('runtime', Runtime, RUNTIMES.includes(Runtime ?? ''), `satisfy enum value set: [${RUNTIMES.join(', ')}] or be a valid ARN`)
  must('description', Description, (Description ?? '').length <= 256, 'have length less than or equal to 256')
  within('timeout', Timeout, 1, 900)
  within('memorySize', MemorySize, 128, 10_240)
  within('ephemeralStorage.size', EphemeralStorage?.Size, 512, 10_240)
  must(
    'architectures',
    Architectures,
    /^(x86_64|arm64)$/.test(String(Architectures)),
    'satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]',
  )
  if (wrong.length === 0) return
  throw new ServiceError(
    400,
    'ValidationException',
    `${wrong.length} validation error${wrong.length === 1 ? '' : 's'} detected: ${wrong.join('; ')}`,
  )
}

const ROLE = /^arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role\/?[a-zA-Z_0-9+=,.@\-_/]+$/

function checkVariables(variables: Readonly<Record<string, string>>): void {
  const unable = 'Lambda was unable to configure your environment variables because the environment variables you have provided'
  const reserved = Object.keys(variables).filter((key) => RESERVED.test(key))
  if (reserved.length > 0) {
    throw invalid(
      `${unable} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    )
  }
  const bad = Object.keys(variables).find((key) => !/^[a-zA-Z]\w+$/.test(key))
  if (bad !== undefined)
    throw new ServiceError(
      400,
      'ValidationException',
      `1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]`,
    )
  // The cloud does repeat the values.
  const measured = JSON.stringify(variables)
  if (Buffer.byteLength(measured) > MAX_VARIABLES_BYTES) throw invalid(`${unable} exceeded the 4KB limit. String measured: ${measured}`)
}

function checkAccount({ memoryMb, role, vpc }: FunctionSettings, account: Account): void {
  if (memoryMb > account.maxMemoryMb) {
    throw invalid(`'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to ${account.maxMemoryMb}`)
  }
  const known = account.roles.find(({ arn }) => arn === role)
  if (known === undefined) throw invalid('The role defined for the function cannot be assumed by Lambda.')
  if (vpc === undefined || vpc.subnetIds.length === 0) return
  if (known.vpc !== true) throw invalid('The provided execution role does not have permissions to call CreateNetworkInterface on EC2')
  const subnet = vpc.subnetIds.find((id) => !account.subnetIds.includes(id))
  if (subnet !== undefined) throw missing('DescribeSubnets', 'InvalidSubnetID.NotFound', `The subnet ID '${subnet}' does not exist`)
  const group = vpc.securityGroupIds.find((id) => !account.securityGroupIds.includes(id))
  if (group !== undefined) throw missing('DescribeSecurityGroups', 'InvalidGroup.NotFound', `The security group '${group}' does not exist`)
}

function missing(call: string, code: string, message: string): ServiceError {
  return invalid(`Error occurred while ${call}. EC2 Error Code: ${code}. EC2 Error Message: ${message}`)
}
