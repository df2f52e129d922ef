import { MeasurementError } from '../../model/errors.ts'
import { isAbandoned } from '../cloud/ownership.ts'
import type { CleanupOptions } from '../provider.ts'
import type { Connection } from './connection.ts'
import { regionName } from './options.ts'
import { until } from './patience.ts'
import { isNotFound, platformError, refusalOf } from './platform-error.ts'

/** A plan or a function app. */
interface Resource {
  readonly kind: 'function app' | 'plan'
  readonly resourceGroup: string
  readonly name: string
}

const LIMIT_MS = 60_000

/** Removes app and plan of that name; what is not there is fine. */
export async function removeApp(connection: Connection, resourceGroup: string, name: string): Promise<void> {
  await removeAll(connection, [
    { kind: 'function app', resourceGroup, name },
    { kind: 'plan', resourceGroup, name },
  ])
}

/**
 * Removes apps and plans that nobody needs any more; in one resource group, or in all of the subscription.
 * @returns what was removed, a line each
 */
export async function removeAbandoned(
  connection: Connection,
  resourceGroup: string | undefined,
  options: CleanupOptions,
): Promise<readonly string[]> {
  const { webApps, appServicePlans } = connection.web
  const apps = resourceGroup === undefined ? webApps.list() : webApps.listByResourceGroup(resourceGroup)
  const plans = resourceGroup === undefined ? appServicePlans.list() : appServicePlans.listByResourceGroup(resourceGroup)
  const abandoned = [...(await abandonedOf('function app', apps, options)), ...(await abandonedOf('plan', plans, options))]
  await removeAll(connection, abandoned)
  return abandoned.map(inWords)
}

interface Listed {
  readonly id?: string
  readonly name?: string
  readonly location: string
  readonly tags?: Record<string, string>
}

async function abandonedOf(
  kind: Resource['kind'],
  all: AsyncIterable<Listed>,
  { olderThanMs, region }: CleanupOptions,
): Promise<readonly Resource[]> {
  const found: Resource[] = []
  try {
    for await (const { id, name, location, tags = {} } of all) {
      const resourceGroup = /\/resourceGroups\/([^/]+)/i.exec(id ?? '')?.[1]
      const here = region === undefined || regionName(location) === regionName(region)
      if (here && name !== undefined && resourceGroup !== undefined && isAbandoned(tags, { olderThanMs }))
        found.push({ kind, resourceGroup, name })
    }
  } catch (error) {
    throw platformError(`list what was left behind (${kind}s)`, error)
  }
  return found
}

/** Apps first: a plan cannot go while it has one. Tries all, also when one fails. */
async function removeAll(connection: Connection, resources: readonly Resource[]): Promise<void> {
  const left: string[] = []
  for (const kind of ['function app', 'plan']) {
    const ofKind = resources.filter((resource) => resource.kind === kind)
    const outcomes = await Promise.allSettled(ofKind.map((resource) => remove(connection, resource)))
    for (const [index, outcome] of outcomes.entries()) {
      const resource = ofKind[index]
      if (outcome.status === 'rejected' && resource !== undefined)
        left.push(`${inWords(resource)}: ${platformError('remove it', outcome.reason).message}`)
    }
  }
  if (left.length === 0) return
  throw new MeasurementError('CLEANUP_INCOMPLETE', `Azure still has ${left.join('; ')}.`, {
    hint: 'Remove it later with `netfair cleanup --provider azure`, or by hand.',
  })
}

/** What is still being made or used cannot be removed yet: it is tried again for a minute. */
async function remove({ web }: Connection, { kind, resourceGroup, name }: Resource): Promise<void> {
  let failure: unknown
  const attempt = async (): Promise<true | undefined> => {
    try {
      if (kind === 'plan') await web.appServicePlans.delete(resourceGroup, name)
      else await web.webApps.delete(resourceGroup, name, { deleteEmptyServerFarm: false })
      return true
    } catch (error) {
      if (isNotFound(error)) return true
      const { status = 500 } = refusalOf(error)
      if (status !== 409 && status !== 429 && status < 500) throw error
      failure = error
      return undefined
    }
  }
  if ((await until(attempt, { limitMs: LIMIT_MS })) === undefined) throw failure
}

const inWords = ({ kind, resourceGroup, name }: Resource): string => `Azure ${kind} ${name} (resource group ${resourceGroup})`
