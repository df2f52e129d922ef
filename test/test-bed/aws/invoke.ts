import { type Answer, type Call, functionOf } from './call.ts'
import { throttleOf } from './concurrency.ts'
import type { Execution } from './execution-environment.ts'
import { logTail } from './execution-log.ts'
import type { LambdaFunction } from './lambda-function.ts'
import { conflict, ServiceError, tooLarge } from './service-error.ts'

const MAX_BYTES: Readonly<Record<string, number>> = { RequestResponse: 6_291_456, DryRun: 6_291_456, Event: 1_048_576 }
/** How soon a throttled event is tried again. */
const EVENT_RETRY_MS = 100

export async function invoke(call: Call): Promise<Answer> {
  const { headers, body } = call
  const found = functionOf(call)
  const type = String(headers['x-amz-invocation-type'] ?? 'RequestResponse')
  const limit = MAX_BYTES[type]
  if (limit === undefined)
    throw new ServiceError(
      400,
      'ValidationException',
      `1 validation error detected: Value '${type}' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]`,
    )
  if (body.byteLength > limit) throw tooLarge(limit, 'InvokeFunction')
  checkJson(body)
  if (found.state !== 'Active') {
    throw conflict(`The operation cannot be performed at this time. The function is currently in the following state: ${found.state}`)
  }
  if (type === 'DryRun') return { status: 204, headers: VERSION }
  if (type === 'Event') {
    void runEvent(call, found)
    return { status: 202 }
  }
  const throttle = throttleOf(call, found)
  if (throttle !== undefined) throw throttle
  const { payload, error, log } = await run(call, found)
  return {
    body: payload,
    headers: {
      ...VERSION,
      ...(error !== undefined && { 'x-amz-function-error': error }),
      ...(headers['x-amz-log-type'] === 'Tail' && { 'x-amz-log-result': logTail(log) }),
    },
  }
}

const VERSION = { 'x-amz-executed-version': '$LATEST' }

function checkJson(body: Buffer): void {
  if (body.byteLength === 0) return
  try {
    JSON.parse(body.toString('utf8'))
  } catch {
    const message = `Could not parse request body into json: Unexpected character in ${body.byteLength} bytes`
    throw new ServiceError(400, 'InvalidRequestContentException', message, { Type: 'User' })
  }
}

function run({ account, service, body, requestId }: Call, found: LambdaFunction): Promise<Execution> {
  const { memoryMb, timeoutSeconds } = found.served.settings
  return service.environments.run(found, account.region, {
    requestId,
    payload: body,
    arn: found.arn,
    memoryMb,
    timeoutMs: timeoutSeconds * 1000,
    deadlineMs: () => Date.now() + timeoutSeconds * 1000,
    doomed: service.faults.nextDoom(),
  })
}

/** An event waits while there is no place for it. What comes of it nobody is told. */
async function runEvent(call: Call, found: LambdaFunction): Promise<void> {
  while (call.account.functions.get(found.name) === found) {
    if (throttleOf(call, found) === undefined) return void (await run(call, found).catch(() => undefined))
    await new Promise((resolve) => setTimeout(resolve, EVENT_RETRY_MS).unref())
  }
}
