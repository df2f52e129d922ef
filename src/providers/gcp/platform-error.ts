import { InputError, MeasurementError, type NetfairError } from '../../model/errors.ts'
import { redact } from '../../model/redact.ts'

/** Codes of gRPC that mean something here. */
const DEADLINE_EXCEEDED = 4
const NOT_FOUND = 5
const ALREADY_EXISTS = 6
const PERMISSION_DENIED = 7
const RESOURCE_EXHAUSTED = 8
const FAILED_PRECONDITION = 9
const ABORTED = 10
const UNAVAILABLE = 14
const UNAUTHENTICATED = 16

/** An error of the SDK: the code of gRPC, and what the platform says. */
interface PlatformError extends Error {
  readonly code?: number
  readonly details?: string
  readonly reason?: string
}

const codeOf = (error: unknown): number | undefined => (error as PlatformError | undefined)?.code

export const isNotFound = (error: unknown): boolean => codeOf(error) === NOT_FOUND

/** What was asked for; undefined where it is not there. */
export async function unlessNotFound<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

export const isAlreadyThere = (error: unknown): boolean => codeOf(error) === ALREADY_EXISTS
/** Another operation on the same function is under way, or nobody answers now. */
export const isBusy = (error: unknown): boolean =>
  [ALREADY_EXISTS, FAILED_PRECONDITION, ABORTED, UNAVAILABLE, DEADLINE_EXCEEDED].includes(codeOf(error) ?? -1)

/**
 * An error of the API in netfair's words. Its text is kept, cut and without secrets; the error itself is not: it may hold the request.
 * @param doing - what was tried: `create the function …`
 */
export function platformError(error: unknown, doing: string, secrets: readonly string[] = []): NetfairError {
  const { details, message, reason } = error as PlatformError
  const said = redact(details || message || String(error), secrets)
    .replaceAll(/https?:\/\/\S+\?\S+/g, '[URL]')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 500)
  const failure = `Google did not ${doing}: ${said}`
  if (isServiceDisabled(reason, said))
    return new MeasurementError('PREREQUISITE_MISSING', failure, {
      hint: 'Run `gcloud services enable cloudfunctions.googleapis.com run.googleapis.com cloudbuild.googleapis.com artifactregistry.googleapis.com`.',
    })
  const [, most] = /max instances must be set to (\d+) or fewer/i.exec(said) ?? []
  if (most !== undefined)
    return new InputError('INVALID_CONCURRENCY', failure, { hint: `Use at most ${most} instances at once, or ask Google for more quota.` })
  switch (codeOf(error)) {
    case UNAUTHENTICATED:
      return new InputError('CREDENTIALS_MISSING', failure, {
        hint: 'Renew the credentials: `gcloud auth application-default login --impersonate-service-account=EMAIL`, or another key in GOOGLE_APPLICATION_CREDENTIALS.',
      })
    case PERMISSION_DENIED:
      return new MeasurementError('PREREQUISITE_MISSING', failure, { hint: missingRole(said) })
    case RESOURCE_EXHAUSTED:
      return new MeasurementError('QUOTA_EXCEEDED', failure, {
        hint: 'Use fewer memory sizes or instances at once, or ask Google for more quota.',
      })
    case UNAVAILABLE:
    case DEADLINE_EXCEEDED:
      return unreachable(failure)
    default:
      return new MeasurementError('DEPLOYMENT_FAILED', failure, { hint: /build/i.test(said) ? BUILD : LOGS })
  }
}

const LOGS = 'See the logs of the build and of the function in this project.'
const BUILD =
  'See the log of the build; where its service account may not build, grant it roles/cloudbuild.builds.builder: see docs/gcp.md.'

/** Nobody answered. */
export function unreachable(failure: string): MeasurementError {
  return new MeasurementError('PLATFORM_UNREACHABLE', failure, { hint: "Try again; look whether this machine reaches Google's APIs." })
}

function isServiceDisabled(reason: string | undefined, said: string): boolean {
  return reason === 'SERVICE_DISABLED' || /SERVICE_DISABLED|has not been used in project .* before|API .*is disabled/i.test(said)
}

function missingRole(said: string): string {
  if (/actAs/i.test(said)) return 'Grant roles/iam.serviceAccountUser on the service account that the functions run as: see docs/gcp.md.'
  return 'Grant the credentials roles/cloudfunctions.developer in this project: see docs/gcp.md.'
}
