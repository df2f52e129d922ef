/**
 * What `deployment.invoke` of azure() adds to a bare HTTPS request with the function key: 200 at once, wall time and CPU of this process.
 * The other side is a process that answers every request after 50 ms. Medians of alternating pairs.
 * `node bench/invoke-azure.ts`
 */
import { Agent, request } from 'node:https'
import { text } from 'node:stream/consumers'
import type { Connection } from '../src/providers/azure/connection.ts'
import { AzureDeployment } from '../src/providers/azure/deployment.ts'
import { createHttpsClient } from '../src/providers/azure/https-client.ts'
import { taskFor } from '../test/agent/task.ts'
import { compareAtOnce, type Invoke, type Live, withAnswers } from './at-once.ts'

const task = taskFor({ iperf3: '127.0.0.1:5201', http: 'http://127.0.0.1:5202' })
const key = 'k'.repeat(56)

await withAnswers((live) => compareAtOnce('bare', oursTo(live), bareTo(live)))

function oursTo({ url, ca }: Live): Invoke {
  const https = createHttpsClient({ url, ca })
  const deployment = new AzureDeployment(512, { https } as Connection, { url, key }, async () => {})
  return () => deployment.invoke(task, { repetition: 0, signal: new AbortController().signal })
}

function bareTo({ url, ca }: Live): Invoke {
  const agent = new Agent({ keepAlive: true, ca })
  return () =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify(task)
      const headers = { 'x-functions-key': key, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
      request(url, { method: 'POST', agent, headers }, (response) => text(response).then(JSON.parse).then(resolve, reject))
        .on('error', reject)
        .end(body)
    })
}
