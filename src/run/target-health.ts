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
export async function readHealth({ target, control }: WatchedTarget, timeoutMs = 1000): Promise<Health | undefined> {
  const url = new URL('/health', target.http)
  // Loaded at the first reading: importing netfair must stay cheap.
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http')
  const { promise, resolve } = Promise.withResolvers<Health | undefined>()
  const headers = target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }
  const outgoing = request(url, { headers, ...(control !== undefined && { socketPath: control }), signal: AbortSignal.timeout(timeoutMs) })
  outgoing.on('error', () => resolve(undefined))
  outgoing.on('response', (response) => {
    let body = ''
    response.setEncoding('utf8')
    response.on('data', (text: string) => {
      body += text
    })
    response.on('error', () => resolve(undefined))
    response.on('end', () => resolve(response.statusCode === 200 ? parseHealth(body) : undefined))
  })
  outgoing.end()
  return promise
}

function parseHealth(body: string): Health | undefined {
  try {
    return JSON.parse(body) as Health
  } catch {
    return undefined
  }
}
