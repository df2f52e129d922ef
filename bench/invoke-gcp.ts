/**
 * What `deployment.invoke` of gcp() adds to an authenticated HTTPS request: 200 at once, wall time and CPU of this process. Compared with the
 * auth library's own `request`, and with `node:https` and the library's token. The other side is a process that answers every request after
 * 50 ms. Medians of alternating pairs.
 * `node bench/invoke-gcp.ts`
 */
import { Agent, request } from 'node:https'
import { text } from 'node:stream/consumers'
import { IdTokenClient } from 'google-auth-library'
import type { Connection } from '../src/providers/gcp/connection.ts'
import { GcpDeployment } from '../src/providers/gcp/deployment.ts'
import { httpsInvoker } from '../src/providers/gcp/invoker.ts'
import { taskFor } from '../test/agent/task.ts'
import { compareAtOnce, type Invoke, type Live, withAnswers } from './at-once.ts'

const task = taskFor({ iperf3: '127.0.0.1:5201', http: 'http://127.0.0.1:5202' })

await withAnswers(async (live) => {
  await compareAtOnce("the library's request", oursTo(live), libraryTo(live))
  await compareAtOnce('node:https with its token', oursTo(live), bareTo(live))
})

function newSockets({ ca }: Live): Agent {
  return new Agent({ keepAlive: true, ca })
}

/** With a token of the usual size, good for an hour. */
function identity({ url }: Live, agent?: Agent): IdTokenClient {
  const claims = { aud: url, exp: Date.now() / 1000 + 3600, email: 'x'.repeat(60) }
  const token = ['h'.repeat(100), Buffer.from(JSON.stringify(claims)).toString('base64url'), 's'.repeat(342)].join('.')
  return new IdTokenClient({
    targetAudience: url,
    idTokenProvider: { fetchIdToken: async () => token },
    ...(agent !== undefined && { transporterOptions: { agent } }),
  })
}

function oursTo(live: Live): Invoke {
  const identityFor = async (): Promise<IdTokenClient> => identity(live)
  const connection = { sockets: newSockets(live), identityFor } as unknown as Connection
  const parts = { memoryMb: 512, invoke: httpsInvoker(connection, live.url), secrets: ['s'.repeat(32)], remove: async () => {} }
  const deployment = new GcpDeployment(parts)
  return () => deployment.invoke(task, { repetition: 0, signal: new AbortController().signal })
}

function libraryTo(live: Live): Invoke {
  const client = identity(live, newSockets(live))
  return () => client.request({ url: live.url, method: 'POST', data: task })
}

function bareTo(live: Live): Invoke {
  const client = identity(live)
  const agent = newSockets(live)
  return async () => {
    const authorization = (await client.getRequestHeaders()).get('authorization') ?? ''
    const body = JSON.stringify(task)
    const headers = { authorization, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    return new Promise((resolve, reject) => {
      request(live.url, { method: 'POST', agent, headers }, (response) => text(response).then(JSON.parse).then(resolve, reject))
        .on('error', reject)
        .end(body)
    })
  }
}
