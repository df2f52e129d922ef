import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LocalProvider } from '../../../src/providers/local.ts'
import { objectName } from '../../../src/storage/object-store.ts'
import { withStore } from '../../../src/storage/with-store.ts'
import { HOST, type PlacedStore, PORT } from './behind-uplink.ts'
import type { StorageServer } from './storage-server.ts'

const PROGRAM = fileURLToPath(new URL('nginx-and-target.ts', import.meta.url))

/**
 * Lets functions of `local` (not of its tier `plain`) move objects from and to a real nginx behind their shaped uplink, which reads no signature and
 * takes no time to think. It has the objects of an S3 server of this process, which answers everybody else.
 */
export async function nginxBehindUplink(provider: LocalProvider, { location, environment }: StorageServer): Promise<PlacedStore> {
  const folder = await mkdtemp('/dev/shm/netfair-store-')
  const [root, configurationFile] = [join(folder, 'www'), join(folder, 'nginx.conf')]
  await mkdir(join(root, location.bucket), { recursive: true })
  await withStore(location, { environment }, async (store) => {
    for await (const { id } of store.list('')) {
      const path = join(root, location.bucket, objectName(location, id))
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, (await store.get(id)) ?? '')
    }
  })
  await writeFile(configurationFile, configuration(folder, root))
  return {
    location: { ...location, functionEndpoint: `http://${HOST}:${PORT}` },
    provider: {
      ...provider,
      targetPlace: {
        start: (launch) =>
          provider.targetPlace.start({
            ...launch,
            command: (options) => [process.execPath, PROGRAM, configurationFile, ...launch.command(options)],
          }),
      },
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const configuration = (folder: string, root: string): string => `
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  keepalive_requests 1000000;
  client_max_body_size 0;
  client_body_buffer_size 256k;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n  ')}
  server {
    listen ${HOST}:${PORT};
    root ${root};
    dav_methods PUT;
    create_full_put_path on;
  }
}
`
