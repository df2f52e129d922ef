import { randomBytes } from 'node:crypto'
import { mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { cgroupPlaces } from '../../src/providers/local/cgroup-place.ts'
import { type ScriptedHttp, scriptedHttp } from '../agent/scripted-http.ts'
import { type InstanceHost, loopbackHost } from '../test-bed/instance-host.ts'

/** Instances that find secrets wherever they look: in the environment, in what the platform's metadata say, in the path of their cgroup. */
export interface PlantedHost extends InstanceHost {
  readonly planted: readonly string[]
  readonly metadata: ScriptedHttp
}

const plant = (what: string): string => `planted-${what}-${randomBytes(8).toString('hex')}`

export async function plantedHost(): Promise<PlantedHost> {
  const [token, account, unknown] = [plant('token'), plant('account'), plant('unknown')] as [string, string, string]
  const [place] = cgroupPlaces()
  if (place === undefined) throw new Error('There is no cgroup here.')
  const group = join(place.cpu, `slice-${token}`)
  mkdirSync(group)
  const body = JSON.stringify({ AvailabilityZoneID: 'euc1-az2', echo: token, role: { name: unknown }, SecretName: unknown })
  const metadata = await scriptedHttp((socket, { path }) => {
    const text = path.endsWith('/instance/id') ? `00bf4bf02d${token}` : body
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\nMetadata-Flavor: Google\r\n\r\n${text}`)
  })
  const { host: address } = new URL(metadata.origin)
  const own = {
    APP_TOKEN: token,
    AzureWebJobsStorage: `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${account}`,
    HOSTNAME: `box-${token}`,
    AWS_LAMBDA_METADATA_API: address,
    AWS_LAMBDA_METADATA_TOKEN: token,
    GCE_METADATA_HOST: address,
    METADATA_SERVER_DETECTION: 'assume-present',
  }
  const host = loopbackHost()
  return {
    planted: [token, account, unknown],
    metadata,
    start: ({ command, environment, memoryMb }) =>
      host.start({
        command: ['sh', '-c', 'echo 0 > "$0/cgroup.procs" && exec "$@"', group, ...command],
        environment: { ...environment, ...own },
        memoryMb,
      }),
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]()
      await metadata[Symbol.asyncDispose]()
      const deadline = Date.now() + 5000
      while (!removed(group) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
    },
  }
}

export function removed(group: string): boolean {
  try {
    rmdirSync(group)
    return true
  } catch {
    return false
  }
}
