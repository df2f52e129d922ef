import { ExpectationError } from '../../model/errors.ts'

/** @throws ExpectationError `CONTRACT_BROKEN` */
export function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw broken(what)
}

/** The error that `work` must fail with, of that class. */
export async function errorOf<Kind extends Error>(
  what: string,
  work: Promise<unknown>,
  kind: abstract new (...args: never[]) => Kind,
): Promise<Kind> {
  const error = await failureOf(work)
  demand(error !== undefined, `${what} must fail, and did not`)
  demand(error instanceof kind, `${what} must fail with a ${kind.name}, and failed with ${error}`)
  return error
}

/** What it fails with; undefined where it does not. */
export function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error ?? new Error('rejected with nothing'),
  )
}

/** What it fails with; undefined where it does not, or not in time. */
export function failureWithin(ms: number, work: Promise<unknown>): Promise<unknown> {
  return failureOf(inTime('', ms, work)).then((error) => (isViolation(error) ? undefined : error))
}

export function isViolation(error: unknown): error is ExpectationError {
  return error instanceof ExpectationError && error.code === 'CONTRACT_BROKEN'
}

/** @throws ExpectationError `CONTRACT_BROKEN` where it has not settled in time */
export async function inTime<Value>(what: string, ms: number, work: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(broken(`${what} must end within ${ms} ms, and did not`)), ms)
  work.catch(() => undefined)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** @param what - what must hold, and what was seen */
export function broken(what: string, cause?: unknown): ExpectationError {
  return new ExpectationError('CONTRACT_BROKEN', `${what}.`, { hint: 'Correct the provider: see src/providers/provider.ts.', cause })
}
