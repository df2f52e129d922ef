import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aws } from '../../src/providers/aws.ts'
import { azure } from '../../src/providers/azure.ts'
import { gcp } from '../../src/providers/gcp.ts'
import type { LocalOptions } from '../../src/providers/local.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { startAwsBed } from '../test-bed/aws.ts'
import { startAzureBed } from '../test-bed/azure.ts'
import { startGcpBed } from '../test-bed/gcp.ts'
import { type InstanceHost, type ShapedHost, shapedHost } from '../test-bed/instance-host.ts'

/** The part of a test bed that all clouds have. */
interface Bed extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>
  remains(): readonly string[]
}

interface StartedCloud {
  readonly bed: Bed
  provider(): Provider
}

const start: Readonly<Record<CloudName, (host: InstanceHost) => Promise<StartedCloud>>> = {
  async aws(host) {
    const bed = await startAwsBed({ host })
    return { bed, provider: () => aws({ region: bed.region, roleArn: bed.roleArn }) }
  },
  async gcp(host) {
    const bed = await startGcpBed({ host })
    return { bed, provider: () => gcp({ projectId: bed.projectId, region: bed.region }) }
  },
  async azure(host) {
    const bed = await startAzureBed({ host, location: 'eastus' })
    const { subscriptionId, resourceGroup, location, storageAccount, containers } = bed.account
    const account = { subscriptionId, resourceGroup, location: location.name, storageAccount, container: containers[0] ?? '' }
    return { bed, provider: () => azure(account) }
  },
}

export type CloudName = 'aws' | 'gcp' | 'azure'
export const cloudNames: readonly CloudName[] = ['aws', 'gcp', 'azure']

/** Clouds whose functions run in the sandboxes of local hosts, each cloud behind an uplink of its own. */
export class ShapedClouds implements AsyncDisposable {
  readonly #clouds: ReadonlyMap<CloudName, StartedCloud & { readonly host: ShapedHost }>
  readonly #folder = mkdtempSync(join(tmpdir(), 'netfair-clouds-'))

  private constructor(clouds: ReadonlyMap<CloudName, StartedCloud & { readonly host: ShapedHost }>) {
    this.#clouds = clouds
    const beds = [...clouds.values()].map(({ bed }) => bed.environment)
    const authorities = join(this.#folder, 'authorities.pem')
    writeFileSync(authorities, beds.map((environment) => readFileSync(environment['NETFAIR_TEST_CA'] ?? '', 'utf8')).join('\n'))
    Object.assign(process.env, ...beds, { NETFAIR_TEST_CA: authorities })
  }

  /** Starts test beds, as their adapters find them: the environment of this process names them from then on. */
  static async start(names: readonly CloudName[], options: LocalOptions): Promise<ShapedClouds> {
    const clouds = new Map<CloudName, StartedCloud & { readonly host: ShapedHost }>()
    for (const name of names) {
      const host = shapedHost(options)
      clouds.set(name, { ...(await start[name](host)), host })
    }
    return new ShapedClouds(clouds)
  }

  /** The adapter as users have it, but for its target, which is behind the uplink. */
  provider(name: CloudName): Provider {
    const cloud = this.#clouds.get(name)
    if (cloud === undefined) throw new Error(`${name} was not started`)
    return { ...cloud.provider(), targetPlace: cloud.host.targetPlace }
  }

  /** What is left in all accounts. */
  remains(): readonly string[] {
    return [...this.#clouds.values()].flatMap(({ bed }) => bed.remains())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { bed, host } of this.#clouds.values()) {
      await bed[Symbol.asyncDispose]()
      await host[Symbol.asyncDispose]()
    }
    rmSync(this.#folder, { recursive: true })
  }
}
