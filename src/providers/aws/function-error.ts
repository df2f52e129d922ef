import { MeasurementError } from '../../model/errors.ts'
import { redact } from '../../model/redact.ts'

/** @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
interface ErrorPayload {
  readonly errorType?: string
  readonly errorMessage?: string
}

/**
 * What Lambda answers when the function itself failed: it died, took longer than its timeout, threw, or answered with too much.
 * @param billed what it bills all the same
 * @returns MeasurementError `AGENT_DIED`, `INVOCATION_TIMEOUT` or `INVOCATION_FAILED`
 */
export function readFunctionError(
  payload: string,
  secrets: readonly (string | undefined)[],
  billed: Pick<MeasurementError, 'billedMs'> = {},
): MeasurementError {
  const { errorType = 'unknown', errorMessage = payload } = parse(payload)
  const said = `${errorType}: ${redact(errorMessage, secrets).slice(0, 1000)}`
  if (errorType === 'Sandbox.Timedout' || /Task timed out after/.test(errorMessage)) {
    return new MeasurementError('INVOCATION_TIMEOUT', `The function took longer than its timeout: ${said}`, {
      hint: 'Shorten the probe, or raise timeoutSeconds of aws() (at most 900).',
      ...billed,
    })
  }
  if (errorType === 'Function.ResponseSizeTooLarge') {
    return new MeasurementError('INVOCATION_FAILED', `The agent's answer is larger than the 6 MB that Lambda takes: ${said}`, {
      hint: 'Shorten the probe, or let it report fewer intervals.',
      ...billed,
    })
  }
  return new MeasurementError('AGENT_DIED', `The agent in the function died: ${said}`, {
    hint: /OutOfMemory|signal: killed/.test(said)
      ? 'Give the function more memory.'
      : 'Run the round again; if it dies every time, look at the probe.',
    ...billed,
  })
}

function parse(payload: string): ErrorPayload {
  try {
    const value: unknown = JSON.parse(payload)
    if (typeof value === 'object' && value !== null) return value
  } catch {}
  return {}
}
