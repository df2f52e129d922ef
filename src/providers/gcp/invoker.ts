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

/** By `callFunction` of the API (1st generation), whose answer has no status: an error is one of the function. */
export function callInvoker(api: FunctionsApi, name: string): Invoker {
  return {
    async send(task, signal) {
      const answer = await api.call?.(name, task, signal)
      if (answer === undefined) throw new Error('no callFunction in this generation')
      return 'error' in answer ? { status: 500, headers: {}, text: answer.error } : { status: 200, headers: {}, text: answer.result }
    },
    renew: () => false,
  }
}
