import { MeasurementError } from '../../model/errors.ts'
import type { Target } from '../../model/target.ts'
import type { TargetLaunch } from '../provider.ts'
import type { AgentChild } from './agent-child.ts'
import { keepTail, onLines, parseLine } from './line-reader.ts'

const LISTEN_TIMEOUT_MS = 20_000

export interface StartedTarget {
  readonly target: Target
  readonly control?: string
}

/**
 * Waits until a target that was started listens. It lives until it is killed, or this process ends.
 *
 * @param control - the Unix socket that it was told to listen on, too, if any
 * @throws MeasurementError `TARGET_FAILED`; `RUN_ABORTED`
 */
export async function untilListening(child: AgentChild, control: string | undefined, launch: TargetLaunch): Promise<StartedTarget> {
  const said = keepTail(child.stderr)
  const { promise, resolve, reject } = Promise.withResolvers<StartedTarget>()
  const fail = (how: string): void => reject(failed(how, said()))
  const abort = (): void => reject(runAborted(launch.signal?.reason))
  onLines(child.stdout, (line) => {
    const started = startedTarget(parseLine(line), control)
    if (started !== undefined) resolve(started)
  })
  void child.ended.then((how) => fail(`${how} before it listened`))
  const timer = setTimeout(() => fail(`did not listen within ${LISTEN_TIMEOUT_MS / 1000} s`), LISTEN_TIMEOUT_MS)
  launch.signal?.addEventListener('abort', abort, { once: true })
  if (launch.signal?.aborted) abort()
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    launch.signal?.removeEventListener('abort', abort)
  }
}

/** The run was told to end while the lab was being built. */
export function runAborted(cause: unknown): MeasurementError {
  return new MeasurementError('RUN_ABORTED', 'The lab was not finished because the run was aborted; what there was of it is removed.', {
    hint: 'Nothing to do: this was asked for.',
    cause,
  })
}

function startedTarget(line: unknown, control: string | undefined): StartedTarget | undefined {
  const { iperf3, http, token } = (typeof line === 'object' && line !== null ? line : {}) as Readonly<Record<string, unknown>>
  if (typeof iperf3 !== 'string' || typeof http !== 'string') return undefined
  return { target: { iperf3, http, ...(typeof token === 'string' ? { token } : {}) }, ...(control !== undefined && { control }) }
}

function failed(how: string, said: string): MeasurementError {
  return new MeasurementError('TARGET_FAILED', `The target ${how}.${said ? ` It said: ${said}` : ''}`, {
    hint: 'Read what it said.',
  })
}
