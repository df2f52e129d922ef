import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { buildApp } from 'fauxqs'
import { s3 } from 'netfair'
import type { LocalProvider } from 'netfair/local'

/** Where the target of `local` stands, and free there. */
const BEHIND_THE_UPLINK = { host: '198.19.255.1', port: 9000 }
const BUCKET = 'paper'
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'stand-in', AWS_SECRET_ACCESS_KEY: 'stand-in' }

/** An S3 server on this machine, which functions of `local` reach through its shaped uplink; it keeps objects in memory. */
export interface LocalStore {
  readonly store: ReturnType<typeof s3>
  readonly provider: LocalProvider
  close(): Promise<void>
}

export async function startLocalStore(provider: LocalProvider): Promise<LocalStore> {
  Object.assign(process.env, CREDENTIALS)
  const app = await storeApp()
  const folder = await mkdtemp(join(tmpdir(), 'netfair-paper-'))
  const socket = join(folder, 's3.sock')
  const serve = (): Server => createServer((request, response) => app.routing(request, response))
  const tcp = serve().listen(0, '127.0.0.1')
  const { tier } = await provider.check()
  // Functions that are plain processes reach this machine's loopback, past any uplink.
  const servers = tier === 'plain' ? [tcp] : [tcp, serve().listen(socket)]
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const endpoint = `http://127.0.0.1:${(tcp.address() as AddressInfo).port}`
  const { host, port } = BEHIND_THE_UPLINK
  return {
    store: s3({ bucket: BUCKET, region: 'us-east-1', endpoint, ...(tier !== 'plain' && { functionEndpoint: `http://${host}:${port}` }) }),
    provider: tier === 'plain' ? provider : forwarding(provider, [`${port}`, socket]),
    async close() {
      await Promise.all(servers.map(closed))
      await app.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The same provider, with `forward.ts` before its target. */
function forwarding(provider: LocalProvider, to: readonly string[]): LocalProvider {
  const program = join(import.meta.dirname, 'forward.ts')
  const { targetPlace } = provider
  return {
    ...provider,
    targetPlace: {
      start: (launch) =>
        targetPlace.start({
          ...launch,
          command: (options) => [process.execPath, program, options.host, ...to, ...launch.command(options)],
        }),
    },
  }
}

async function storeApp(): Promise<ReturnType<typeof buildApp>> {
  const app = buildApp({ logger: false, defaultRegion: 'us-east-1' })
  // It would take no object of more than 11 MiB.
  app.removeContentTypeParser('*')
  app.addContentTypeParser('*', (_request: unknown, payload: IncomingMessage) => buffer(payload))
  await app.ready()
  const authorization = `AWS4-HMAC-SHA256 Credential=${CREDENTIALS.AWS_ACCESS_KEY_ID}/20260101/us-east-1/s3/aws4_request`
  await app.inject({ method: 'PUT', url: `/${BUCKET}`, headers: { authorization } })
  return app
}

async function closed(server: Server): Promise<void> {
  const end = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await end
}
