import { InputError, MeasurementError, NetfairError } from '../../model/errors.ts'
import { redact } from '../../model/redact.ts'

/** What the platform said when it refused; no headers, no bodies, no URLs. */
export interface Refusal {
  readonly status: number | undefined
  /** Of Azure Resource Manager: `ResourceGroupNotFound`, `AuthorizationFailed`, … */
  readonly code: string | undefined
  readonly message: string
}

/** Of an error of the SDK, which carries its request with all that is secret: take what it says, never the error itself. */
export function refusalOf(error: unknown): Refusal {
  const { statusCode, code, message, details } = Object(error) as {
    statusCode?: number
    code?: string
    message?: string
    details?: unknown
  }
  const said = errorIn(details)
  return { status: statusCode, code: said.code ?? code, message: said.message ?? message ?? String(error) }
}

/** Of an answer in JSON. */
export function refusalIn(status: number, text: string): Refusal {
  if (status === 0) return { status: undefined, code: text, message: text }
  try {
    const { code, message = `HTTP ${status}` } = errorIn(JSON.parse(text))
    return { status, code, message }
  } catch {
    return { status, code: undefined, message: `HTTP ${status}` }
  }
}

interface SaidError {
  readonly code?: string
  readonly message?: string
}

/** The Resource Manager wraps its errors, App Service writes them in capitals. */
function errorIn(body: unknown): SaidError {
  const { error, Code: code, Message: message } = Object(body) as { error?: SaidError; Code?: string; Message?: string }
  return error ?? { ...(code !== undefined && { code }), ...(message !== undefined && { message }) }
}

export const isNotFound = (error: unknown): boolean => refusalOf(error).status === 404

/** What is asked of the app's host, which still starts: the platform then says 404, or 400 with these words. */
export const isNotYetThere = ({ status, message }: Refusal): boolean =>
  status === 404 || (status === 400 && /from host runtime/i.test(message))

const LONGEST_MESSAGE = 300
/** Codes of Node and of the SDK. */
const NO_ANSWER = /^(E[A-Z_]+|REQUEST_SEND_ERROR)$/

/** An error of netfair for what the platform refused while `doing`: "make the function app". */
export function platformError(doing: string, error: unknown, secrets: readonly (string | undefined)[] = []): NetfairError {
  return error instanceof NetfairError ? error : refusedError(doing, refusalOf(error), secrets)
}

export function refusedError(
  doing: string,
  { status, code, message }: Refusal,
  secrets: readonly (string | undefined)[] = [],
): NetfairError {
  const said = redact(message.replaceAll(/https?:\S+/g, '[url]'), [...secrets, process.env['AZURE_CLIENT_SECRET']]).slice(
    0,
    LONGEST_MESSAGE,
  )
  if (status === undefined && NO_ANSWER.test(code ?? ''))
    return new MeasurementError('PLATFORM_UNREACHABLE', `Azure does not answer, asked to ${doing}: ${said}`, {
      hint: 'Check the network, and a proxy where there is one; then try again.',
    })
  const what = `Azure refused to ${doing} (${[status, code].filter(Boolean).join(' ')}): ${said}`
  if (status === 401)
    return new InputError('CREDENTIALS_MISSING', what, { hint: 'Sign in again: the token is not valid, or belongs to another tenant.' })
  if (status === 403) return new InputError('PREREQUISITE_MISSING', what, { hint: 'Give the identity the roles of docs/azure.md.' })
  if (code === 'SubscriptionNotFound' || code === 'InvalidSubscriptionId')
    return new InputError('PREREQUISITE_MISSING', what, { hint: 'Check "subscriptionId": `az account list`.' })
  if (code === 'ResourceGroupNotFound')
    return new InputError('PREREQUISITE_MISSING', what, { hint: 'Make it: `az group create --name NAME --location LOCATION`.' })
  if (code === 'MissingSubscriptionRegistration')
    return new InputError('PREREQUISITE_MISSING', what, {
      hint: 'Register it: `az provider register --wait --namespace Microsoft.Web`, and Microsoft.Storage.',
    })
  if (/quota/i.test(`${code} ${message}`))
    return new MeasurementError('QUOTA_EXCEEDED', what, { hint: 'Ask for more in the portal under Quotas, or use another location.' })
  return new MeasurementError('PLATFORM_REFUSED', what, { hint: 'Try again; where it stays, see the activity log of the resource group.' })
}
