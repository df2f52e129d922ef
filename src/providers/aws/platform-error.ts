import { InputError, MeasurementError, type NetfairError } from '../../model/errors.ts'
import { redact } from '../../model/redact.ts'

/** What is known of an error of the SDK; nothing else of it is passed on, since it holds requests and answers. */
export interface PlatformError {
  /** `ResourceNotFoundException`, `CredentialsProviderError`, `TimeoutError`, … */
  readonly name: string
  readonly message: string
  /** Absent where there was no answer. */
  readonly status?: number
  /** Of the network: `ECONNREFUSED`, … */
  readonly code?: string
  /** Of a throttle. */
  readonly reason?: string
  readonly retryAfterSeconds?: number
}

/** Account ids are nobody's business, in a message that may end up in a journal. */
const ACCOUNT_ID = /\b\d{12}\b/g

/** @param secrets to be kept out of the message */
export function readPlatformError(error: unknown, secrets: readonly (string | undefined)[] = []): PlatformError {
  const { name, message, code, Reason, retryAfterSeconds, $metadata } = error as Error & {
    readonly code?: unknown
    readonly Reason?: string
    readonly retryAfterSeconds?: string
    readonly $metadata?: { readonly httpStatusCode?: number }
  }
  const status = $metadata?.httpStatusCode
  const seconds = Number(retryAfterSeconds)
  return {
    name: name ?? 'Error',
    message: redact(String(message ?? error), secrets).replaceAll(ACCOUNT_ID, '[account]'),
    ...(status !== undefined && { status }),
    ...(typeof code === 'string' && { code }),
    ...(Reason !== undefined && { reason: Reason }),
    ...(seconds > 0 && { retryAfterSeconds: seconds }),
  }
}

export const isNotFound = (error: unknown): boolean => readPlatformError(error).name === 'ResourceNotFoundException'
export const isConflict = (error: unknown): boolean => readPlatformError(error).name === 'ResourceConflictException'
export const isRoleNotAssumable = (error: unknown): boolean => /cannot be assumed by Lambda/i.test(readPlatformError(error).message)

const NO_CREDENTIALS = /^(CredentialsProviderError|TokenProviderError)$/
const REFUSED_CREDENTIALS =
  /^(UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|ExpiredToken|InvalidClientTokenId|MissingAuthenticationToken|IncompleteSignature)(Exception)?$/

/**
 * The error that a user can do something about.
 * @param doing what was under way, for the message: `GetAccountSettings`, `the deployment of 2048 MB`
 */
export function explain(error: PlatformError, { doing, region }: { readonly doing: string; readonly region: string }): NetfairError {
  const { name, message, code } = error
  const said = `${doing} in ${region}: ${name}: ${message}`
  if (code === 'ENOTFOUND' || /scoped to a valid region/i.test(message)) {
    return new InputError('REGION_UNKNOWN', `AWS Lambda is not to be found in the region "${region}" (${name}).`, {
      hint: 'Give a region that has Lambda, for example eu-central-1; without a network no region is found.',
    })
  }
  if (NO_CREDENTIALS.test(name)) {
    return new InputError('CREDENTIALS_MISSING', `No AWS credentials were found (${name}).`, {
      hint: 'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws sso login`.',
    })
  }
  if (REFUSED_CREDENTIALS.test(name)) {
    return new InputError('CREDENTIALS_MISSING', `AWS refuses the credentials: ${said}`, {
      hint: `Renew them; look whether this machine's clock is right, and whether the account has the region ${region} enabled.`,
    })
  }
  if (/^AccessDenied(Exception)?$/.test(name)) {
    const [action = 'the action'] = /\b(?:lambda|iam|ec2):[A-Za-z]+/.exec(message) ?? []
    return new InputError('PREREQUISITE_MISSING', `The AWS user may not do ${action}: ${said}`, {
      hint: `Allow ${action} to the user; docs/aws.md has the whole policy.`,
    })
  }
  if (error.status === undefined) {
    return new MeasurementError('PLATFORM_UNREACHABLE', `AWS Lambda did not answer ${said}`, {
      hint: 'Look whether this machine reaches lambda.REGION.amazonaws.com, and try again.',
    })
  }
  return explainDeployment(error, said)
}

/** What Lambda says of a function that it does not make. */
function explainDeployment(error: PlatformError, said: string): NetfairError {
  const { message } = error
  if (isRoleNotAssumable(error)) {
    return new InputError('PREREQUISITE_MISSING', `Lambda cannot assume the role of aws({roleArn}): ${said}`, {
      hint: 'Let lambda.amazonaws.com assume it (its trust policy is in docs/aws.md), or look whether its name is right.',
    })
  }
  const [, most] = /MemorySize.*less than or equal to (\d+)/is.exec(message) ?? []
  if (most !== undefined) {
    return new InputError('INVALID_MEMORY', `This account's largest memory size is ${most} MB: ${said}`, {
      hint: `The nearest on offer: ${most}. AWS Support raises the limit to 10240.`,
    })
  }
  if (/CreateNetworkInterface|subnet|security ?group/i.test(message)) {
    return new InputError('PREREQUISITE_MISSING', `Lambda cannot put the function into the VPC: ${said}`, {
      hint: 'Look whether the subnets and security groups exist, and give the role AWSLambdaVPCAccessExecutionRole (docs/aws.md).',
    })
  }
  return new MeasurementError('DEPLOY_FAILED', `AWS Lambda refused ${said}`, { hint: 'See what it says; then run it again.' })
}
