/**
 * Loaded into an instance before its runtime: makes the bed's Runtime API, a Unix socket, reachable on loopback, where runtimes look for
 * it, whatever network namespace this is. In a thread of its own, as AWS's runtime stops the main one while it talks. The instance ends
 * with the bed.
 */
import { createServer, request } from 'node:http'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const socketPath = process.env['NETFAIR_BED_SOCKET']
const end = () => process.kill(process.pid, 'SIGKILL')

if (isMainThread && socketPath !== undefined) await startRelay()
else if (workerData?.relayTo !== undefined) serve(workerData.relayTo)

async function startRelay() {
  delete process.env['NETFAIR_BED_SOCKET']
  const relay = new Worker(new URL(import.meta.url), { workerData: { relayTo: socketPath }, execArgv: [] })
  const port = await new Promise((resolve) => relay.once('message', resolve))
  relay.unref()
  process.env['AWS_LAMBDA_RUNTIME_API'] = `127.0.0.1:${port}`
  process.stdin.on('end', end).resume()
  process.stdin.unref()
}

function serve(path) {
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, (incoming, outgoing) => {
    const { expect: _, ...headers } = incoming.headers
    const memory = { 'netfair-bed-memory-kb': process.resourceUsage().maxRSS }
    const options = { socketPath: path, method: incoming.method, path: incoming.url, headers: { ...headers, ...memory } }
    const upstream = request(options, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers)
      answer.pipe(outgoing)
    })
    upstream.on('error', end)
    incoming.pipe(upstream)
  })
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
}
