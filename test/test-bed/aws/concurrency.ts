import type { PutFunctionConcurrencyRequest } from '@aws-sdk/client-lambda'
import { type Answer, type Call, functionOf, jsonOf } from './call.ts'
import type { LambdaFunction } from './lambda-function.ts'
import { invalid, type ServiceError, throttled } from './service-error.ts'

/** So much stays for functions without a reservation; in an account that has less, all of it. */
const MIN_UNRESERVED = 100

export function putFunctionConcurrency(call: Call): Answer {
  const found = functionOf(call)
  const { ReservedConcurrentExecutions: wanted } = jsonOf<PutFunctionConcurrencyRequest>(call)
  if (wanted === undefined || !Number.isInteger(wanted) || wanted < 0)
    throw invalid('ReservedConcurrentExecutions must be a whole number ≥ 0')
  const least = Math.min(MIN_UNRESERVED, call.account.concurrency)
  if (call.account.unreserved + (found.reserved ?? 0) - wanted < least) {
    throw invalid(
      `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${least}].`,
    )
  }
  found.reserved = wanted
  return { body: { ReservedConcurrentExecutions: wanted } }
}

export function getFunctionConcurrency(call: Call): Answer {
  const { reserved } = functionOf(call)
  return { body: reserved === undefined ? {} : { ReservedConcurrentExecutions: reserved } }
}

export function deleteFunctionConcurrency(call: Call): Answer {
  functionOf(call).reserved = undefined
  return {}
}

/** Why one more invocation would be throttled now, if it would. */
export function throttleOf({ account, service: { environments } }: Call, found: LambdaFunction): ServiceError | undefined {
  if (found.reserved !== undefined) {
    const full = environments.count(found).busy >= found.reserved
    return full ? throttled('ReservedFunctionConcurrentInvocationLimitExceeded') : undefined
  }
  const others = [...account.functions.values()].filter(({ reserved }) => reserved === undefined)
  const busy = others.reduce((sum, each) => sum + environments.count(each).busy, 0)
  return busy >= account.unreserved ? throttled('ConcurrentInvocationLimitExceeded') : undefined
}
