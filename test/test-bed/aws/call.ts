import type { IncomingHttpHeaders } from 'node:http'
import type { Account } from './account.ts'
import type { Environments } from './environments.ts'
import type { Faults } from './faults.ts'
import type { LambdaFunction } from './lambda-function.ts'
import { invalid, notFound, ServiceError } from './service-error.ts'

/** What all operations work on. */
export interface Service {
  readonly environments: Environments
  readonly faults: Faults
  /** How long a created or updated function is not ready. */
  readonly settleMs: number
  /** Most functions in one answer of `ListFunctions`. */
  readonly pageSize: number
  /** Of the place where the code of a function lies. */
  readonly locationSecret: string
  /** Whether the caller's policy allows an action. */
  allows(action: string): boolean
  demandAction(action: string, resource: string): void
}

/** A verified request. */
export interface Call {
  readonly service: Service
  readonly account: Account
  /** Name or ARN of a function; empty where the path names none. */
  readonly resource: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly requestId: string
}

/** An answer of success; JSON where the body is not bytes. */
export interface Answer {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Default: that of the operation. */
  readonly status?: number
}

const FUNCTION =
  /^(?:arn:aws:lambda:(?<region>[\w-]+):(?:\d{12}):function:|\d{12}:function:)?(?<name>[\w-]+)(?::(?<qualifier>\$LATEST|[\w-]+))?$/

/** Name of the function that the request is about. */
export function nameOf({ account, resource, query }: Call): string {
  const { region = account.region, name, qualifier } = FUNCTION.exec(resource)?.groups ?? {}
  if (name === undefined) {
    throw new ServiceError(
      400,
      'ValidationException',
      `1 validation error detected: Value '${resource}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern`,
    )
  }
  if (region !== account.region) throw invalid(`Functions from '${region}' are not reachable in this region ('${account.region}')`)
  const version = query.get('Qualifier') ?? qualifier ?? '$LATEST'
  if (version !== '$LATEST') throw notFound(`${account.arnOf(name)}:${version}`)
  return name
}

/** The function that the request is about. */
export function functionOf(call: Call): LambdaFunction {
  const name = nameOf(call)
  const found = call.account.functions.get(name)
  if (found === undefined) throw notFound(call.account.arnOf(name))
  return found
}

export function jsonOf<Body extends object>({ body }: Call): Partial<Body> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8') || '{}')
    if (typeof value === 'object' && value !== null) return value
  } catch {}
  throw new ServiceError(400, 'SerializationException', 'Could not parse the request body into JSON')
}
