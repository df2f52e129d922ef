/**
 * Loaded into an instance before its runtime: makes the bed's Runtime API, a Unix socket, reachable on loopback, where runtimes look for
 * it, whatever network namespace this is. The instance ends with the bed.
 */
import { createServer, request } from 'node:http'
import { isMainThread } from 'node:worker_threads'

const socketPath = process.env['NETFAIR_BED_SOCKET']

function relay(incoming, outgoing) {
  const { expect: _, ...headers } = incoming.headers
  const memory = { 'netfair-bed-memory-kb': process.resourceUsage().maxRSS }
  const upstream = request({ socketPath, method: incoming.method, path: incoming.url, headers: { ...headers, ...memory } }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers)
    answer.pipe(outgoing)
  })
  upstream.on('error', () => process.exit(3))
  incoming.pipe(upstream)
}

if (isMainThread && socketPath !== undefined) {
  delete process.env['NETFAIR_BED_SOCKET']
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, relay)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  process.env['AWS_LAMBDA_RUNTIME_API'] = `127.0.0.1:${server.address().port}`
  server.unref()
  process.stdin.on('end', () => process.exit(0)).resume()
  process.stdin.unref?.()
}
