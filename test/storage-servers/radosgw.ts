import { execFile } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import type { StorageOptions, StorageServer } from '../test-bed/storage/storage-server.ts'
import { cephConfig } from './ceph-config.ts'
import { freePort, listening, type ServerProcess, startServer, until } from './server-process.ts'

const REGION = 'us-east-1'
const run = promisify(execFile)

type Options = Pick<StorageOptions, 'bucket'>

/** While a cluster starts its monitor now and then refuses its own store ("wrong fsid"): then another one is made. */
const ATTEMPTS = 3

/** Starts a Ceph cluster of one monitor, one store in memory and one radosgw: S3 with every signature verified. */
export async function startRadosgw(options: Options = {}): Promise<StorageServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options)
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
  }
}

async function startOnce({ bucket = 'netfair-test' }: Options): Promise<StorageServer> {
  const directory = await mkdtemp(join(tmpdir(), 'netfair-ceph-'))
  const [monitorPort, port] = [await freePort('127.0.0.1'), await freePort('127.0.0.1')]
  const keys = { accessKeyId: randomBytes(10).toString('hex').toUpperCase(), secretAccessKey: randomBytes(30).toString('base64url') }
  const servers: ServerProcess[] = []
  const dispose = async (): Promise<void> => {
    // The gateway first, the monitor last: each waits for the next.
    for (const server of servers.reverse()) await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
  const endpoint = `http://127.0.0.1:${port}`
  try {
    await startCluster(directory, { monitorPort, port, servers })
    const user = [
      'user',
      'create',
      '--uid=netfair',
      '--display-name=netfair',
      `--access-key=${keys.accessKeyId}`,
      `--secret-key=${keys.secretAccessKey}`,
    ]
    await run('radosgw-admin', ['-c', join(directory, 'ceph.conf'), '-n', 'client.rgw', ...user])
    const client = new S3Client({ endpoint, region: REGION, forcePathStyle: true, credentials: keys })
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
    client.destroy()
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    endpoint,
    location: { store: 's3', bucket, region: REGION, endpoint },
    environment: { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey, AWS_REGION: REGION },
    secrets: [keys.secretAccessKey],
    [Symbol.asyncDispose]: dispose,
  }
}

interface Cluster {
  readonly monitorPort: number
  readonly port: number
  /** What has been started, in order. */
  readonly servers: ServerProcess[]
}

async function startCluster(directory: string, { monitorPort, port, servers }: Cluster): Promise<void> {
  const fsid = randomUUID()
  const file = (name: string): string => join(directory, name)
  await Promise.all(['run', 'mon', 'osd'].map((name) => mkdir(file(name))))
  await writeFile(file('ceph.conf'), cephConfig({ directory, fsid, monitorPort, port }))
  const conf = ['-c', file('ceph.conf')]
  const ceph = async (...args: string[]): Promise<string> => (await run('ceph', [...conf, ...args], { timeout: 30_000 })).stdout
  const start = (program: string, ...args: string[]): ServerProcess => {
    const server = startServer(program, [...conf, ...args, '-f'])
    servers.push(server)
    return server
  }
  await run('monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', `[v1:127.0.0.1:${monitorPort}]`, file('monmap')])
  await run('ceph-mon', [...conf, '--mkfs', '-i', 'a', '--monmap', file('monmap')])
  const monitor = start('ceph-mon', '-i', 'a')
  await listening('127.0.0.1', monitorPort, monitor)
  await ceph('osd', 'create', fsid)
  await run('ceph-osd', [...conf, '-i', '0', '--mkfs', '--osd-uuid', fsid])
  const store = start('ceph-osd', '-i', '0')
  await ceph('osd', 'crush', 'add', 'osd.0', '1.0', 'root=default', 'host=localhost')
  await until(store, async () => (await ceph('osd', 'stat')).includes('1 up'))
  await listening('127.0.0.1', port, start('radosgw', '-n', 'client.rgw'))
}
