import { AsyncLocalStorage } from 'node:async_hooks'
import http from 'node:http'
import https from 'node:https'
import { type StoreLocation, storeOrigin } from '../../model/object-store.ts'

/** Connections to one store. */
export interface OwnAgents {
  /** What is done in it reaches the store over these connections. */
  run<Result>(work: () => Promise<Result>): Promise<Result>
  /** Closes all of them at once. */
  close(): void
}

interface Connections {
  readonly origin: string
  readonly agent: http.Agent
}

const used = new AsyncLocalStorage<Connections>()
let diverting = false

/**
 * Google's SDK takes neither certificates nor an agent, and shares its connections with everything in the process. So its requests to the store are
 * given an agent where they come to Node; all others pass as they are.
 */
export function ownAgents(location: StoreLocation, keepAlive: boolean): OwnAgents {
  divert()
  const { ca } = location
  const origin = storeOrigin(location)
  const agent = origin.startsWith('https:')
    ? new https.Agent({ keepAlive, ...(ca !== undefined && { ca }) })
    : new http.Agent({ keepAlive })
  return { run: (work) => used.run({ origin, agent }, work), close: () => agent.destroy() }
}

function divert(): void {
  if (diverting) return
  diverting = true
  for (const library of [http, https]) {
    const { request } = library
    library.request = (first: unknown, ...rest: unknown[]): http.ClientRequest => {
      const own = used.getStore()
      const [options] = rest
      const diverted = own !== undefined && URL.parse(String(first))?.origin === own.origin && typeof options === 'object'
      return Reflect.apply(request, library, diverted ? [first, { ...options, agent: own.agent }, ...rest.slice(1)] : [first, ...rest])
    }
  }
}
