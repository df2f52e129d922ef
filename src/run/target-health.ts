import type { Health, Target } from '../model/target.ts'

/** A target as the run watches it: over its URL, or over a Unix socket where this process has no route to it. */
export interface WatchedTarget {
  readonly target: Target
  readonly control?: string
}

/**
 * Reads a target's counters.
 *
 * @returns undefined when it does not answer within `timeoutMs` (default 1000) or answers something else
 */
export async function readHealth(target: WatchedTarget, timeoutMs = 1000): Promise<Health | undefined> {
  return (await askTarget(target, { path: '/health', timeoutMs })) as Health | undefined
}

export interface TargetQuestion {
  readonly path: string
  /** Sent as JSON, by POST. */
  readonly body?: object
  /** Default 1000. */
  readonly timeoutMs?: number
}

/** @returns the answer's JSON; undefined when it does not come in time, or is something else */
export async function askTarget({ target, control }: WatchedTarget, { path, body, timeoutMs = 1000 }: TargetQuestion): Promise<unknown> {
  const url = new URL(path, target.http)
  // Loaded at the first reading: importing netfair must stay cheap.
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http')
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const headers = target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }
  const outgoing = request(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    ...(control !== undefined && { socketPath: control }),
    signal: AbortSignal.timeout(timeoutMs),
  })
  outgoing.on('error', () => resolve(undefined))
  outgoing.on('response', (response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (part: string) => {
      text += part
    })
    response.on('error', () => resolve(undefined))
    response.on('end', () => resolve(response.statusCode === 200 ? parse(text) : undefined))
  })
  outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  return promise
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
