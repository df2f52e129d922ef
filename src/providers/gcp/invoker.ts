import type { IdTokenClient } from 'google-auth-library'
import type { Connection } from './connection.ts'
import type { FunctionsApi } from './functions-api.ts'
import { exchange, type HttpAnswer } from './https-exchange.ts'
import { untilAborted } from './until-aborted.ts'

/** Takes a task as JSON to the function, once, and brings what came back, whatever it is. */
export type Invoker = (task: string, signal: AbortSignal) => Promise<HttpAnswer>

/** The token was refused, before anything has started. */
const UNAUTHORIZED = 401

/** By HTTPS to the function's URL, with an identity token that is good for that alone; a token that is refused is renewed once. */
export function httpsInvoker(connection: Connection, url: string): Invoker {
  const authorization = keptFor(RENEW_MS, async () => authorizationOf(await connection.identityFor(url)))
  return async (task, signal) => {
    const post = (token: string): Promise<HttpAnswer> => {
      const headers = { 'content-type': 'application/json', authorization: token }
      return exchange(url, { method: 'POST', headers, body: task, sockets: connection.sockets, signal })
    }
    const token = async (): Promise<string> => authorization.now() ?? untilAborted(authorization.get(), signal)
    const first = await token()
    const answer = await post(first)
    if (answer.status !== UNAUTHORIZED) return answer
    // Of many that are refused at once one gets a new token for all.
    if (authorization.now() === first) {
      authorization.forget()
      connection.forgetIdentity(url)
    }
    return post(await token())
  }
}

/** The library itself gets another token five minutes before this one ends. */
const RENEW_MS = 60_000

async function authorizationOf(identity: IdTokenClient): Promise<string> {
  const authorization = (await identity.getRequestHeaders()).get('authorization')
  if (authorization === null) throw new Error('no identity token')
  return authorization
}

/** What is got once by all who ask at once, and kept for a while. */
function keptFor<Value>(ms: number, load: () => Promise<Value>) {
  let loading: Promise<Value> | undefined
  let value: Value | undefined
  let untilMs = 0
  const forget = (): void => {
    loading = undefined
    value = undefined
  }
  return {
    forget,
    now: (): Value | undefined => (Date.now() < untilMs ? value : undefined),
    get(): Promise<Value> {
      if (loading !== undefined && value === undefined) return loading
      forget()
      const mine = load()
      loading = mine
      mine.then(
        (loaded) => {
          if (loading !== mine) return
          value = loaded
          untilMs = Date.now() + ms
        },
        () => loading === mine && forget(),
      )
      return mine
    },
  }
}

/** By `callFunction` of the API (1st generation), whose answer has no status; what it means is put as one. */
export function callInvoker(api: FunctionsApi, name: string): Invoker {
  return async (task, signal) => {
    const answer = await api.call?.(name, task, signal).catch(asAnswer)
    if (answer === undefined) throw new Error('no callFunction in this generation')
    if ('status' in answer) return answer
    if ('result' in answer) return { status: 200, headers: {}, text: answer.result }
    return { status: /timed? ?out/i.test(answer.error) ? 504 : 503, headers: {}, text: answer.error }
  }
}

/** Of the codes of gRPC: those of a call that did not begin. */
const STATUS_OF: Readonly<Record<number, number>> = { 5: 404, 7: 403, 8: 429, 16: 401 }

function asAnswer(error: { readonly code?: number; readonly details?: string }): HttpAnswer {
  const status = STATUS_OF[error.code ?? -1]
  if (status === undefined) throw error
  return { status, headers: {}, text: error.details ?? '' }
}
