import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { StoreLocation } from '../../../src/model/object-store.ts'
import type { LocalProvider } from '../../../src/providers/local.ts'
import type { StorageServer } from './storage-server.ts'

/** Where the target of `local` stands, and free there. */
export const HOST = '198.19.255.1'
export const PORT = '9000'
const FORWARD = fileURLToPath(new URL('../../../examples/paper/forward.ts', import.meta.url))

export interface PlacedStore extends AsyncDisposable {
  readonly location: StoreLocation
  readonly provider: LocalProvider
}

/** Lets functions of `local` (not of its tier `plain`) reach a server of this process through their shaped uplink, where netfair's target stands. */
export async function behindUplink(provider: LocalProvider, { endpoint, location }: StorageServer): Promise<PlacedStore> {
  const folder = await mkdtemp(join(tmpdir(), 'netfair-uplink-'))
  const socket = join(folder, 'store.sock')
  const { hostname, port, protocol } = new URL(endpoint)
  const relay = createServer((inside) => {
    const outside = connect(Number(port), hostname)
    inside.pipe(outside).pipe(inside)
    inside.on('error', () => outside.destroy()).on('close', () => outside.destroy())
    outside.on('error', () => inside.destroy()).on('close', () => inside.destroy())
  }).listen(socket)
  await once(relay, 'listening')
  return {
    location: { ...location, functionEndpoint: `${protocol}//${HOST}:${PORT}` },
    provider: {
      ...provider,
      targetPlace: {
        start: (launch) =>
          provider.targetPlace.start({
            ...launch,
            command: (options) => [process.execPath, FORWARD, options.host, PORT, socket, ...launch.command(options)],
          }),
      },
    },
    async [Symbol.asyncDispose]() {
      relay.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
