import type { IdTokenClient } from 'google-auth-library'
import type { Connection } from './connection.ts'
import type { FunctionsApi } from './functions-api.ts'
import { exchange, type HttpAnswer } from './https-exchange.ts'

/** Takes a task as JSON to the function, once, and brings what came back, whatever it is. */
export interface Invoker {
  send(task: string, signal: AbortSignal): Promise<HttpAnswer>
  /** Forgets the token that was refused; false where another would be the same. */
  renew(): boolean
}

/** By HTTPS to the function's URL, with an identity token that is good for that alone. */
export function httpsInvoker(connection: Connection, url: string): Invoker {
  let authorization: Promise<string> | undefined
  let renewAtMs = 0
  // Tokens last an hour; asked for once, by all invocations together.
  const token = (): Promise<string> => {
    if (authorization === undefined || Date.now() > renewAtMs) {
      renewAtMs = Date.now() + RENEW_MS
      authorization = connection.identityFor(url).then(authorizationOf)
      authorization.catch(() => {
        authorization = undefined
      })
    }
    return authorization
  }
  return {
    async send(task, signal) {
      const headers = { 'content-type': 'application/json', authorization: await token() }
      return exchange(url, { method: 'POST', headers, body: task, sockets: connection.sockets, signal })
    },
    renew() {
      authorization = undefined
      connection.forgetIdentity(url)
      return true
    },
  }
}

/** The library itself gets another token five minutes before this one ends. */
const RENEW_MS = 60_000

async function authorizationOf(identity: IdTokenClient): Promise<string> {
  const authorization = (await identity.getRequestHeaders()).get('authorization')
  if (authorization === null) throw new Error('no identity token')
  return authorization
}

/** By `callFunction` of the API (1st generation), whose answer has no status; what it means is put as one. */
export function callInvoker(api: FunctionsApi, name: string): Invoker {
  return {
    async send(task, signal) {
      const answer = await api.call?.(name, task, signal).catch(asAnswer)
      if (answer === undefined) throw new Error('no callFunction in this generation')
      if ('status' in answer) return answer
      if ('result' in answer) return { status: 200, headers: {}, text: answer.result }
      return { status: /timed? ?out/i.test(answer.error) ? 504 : 503, headers: {}, text: answer.error }
    },
    renew: () => false,
  }
}

/** Of the codes of gRPC: those of a call that did not begin. */
const STATUS_OF: Readonly<Record<number, number>> = { 5: 404, 7: 403, 8: 429, 16: 401 }

function asAnswer(error: { readonly code?: number; readonly details?: string }): HttpAnswer {
  const status = STATUS_OF[error.code ?? -1]
  if (status === undefined) throw error
  return { status, headers: {}, text: error.details ?? '' }
}
