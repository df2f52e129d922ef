import type { Billing } from './execution-environment.ts'

/** A tail is the last 4 KB. */
const TAIL_BYTES = 4096

/** What Lambda would write to the log of one invocation. */
export function executionLog(requestId: string, said: readonly string[], billing: Billing): string {
  const id = `RequestId: ${requestId}`
  const { initMs } = billing
  const before =
    initMs === undefined ? [] : ['INIT_START Runtime Version: nodejs:24.v1\tRuntime Version ARN: arn:aws:lambda:eu-central-1::runtime:bed']
  return [...before, `START ${id} Version: $LATEST`, ...said, `END ${id}`, reportLine(requestId, billing), ''].join('\n')
}

export const logTail = (log: string): string => Buffer.from(log).subarray(-TAIL_BYTES).toString('base64')

/** Init time is billed too, since August 2025; both are rounded up together. */
function reportLine(requestId: string, { durationMs, initMs, memoryMb, usedMb, status }: Billing): string {
  const fields = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(Number(durationMs.toFixed(2)) + Number((initMs ?? 0).toFixed(2)))} ms`,
    `Memory Size: ${memoryMb} MB`,
    `Max Memory Used: ${usedMb} MB`,
    ...(initMs === undefined ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
    ...(status === undefined
      ? []
      : [`Status: ${status.name}`, ...(status.errorType === undefined ? [] : [`Error Type: ${status.errorType}`])]),
  ]
  return `${fields.join('\t')}\t`
}
