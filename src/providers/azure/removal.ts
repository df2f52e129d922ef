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
  const apps = await removeEach(connection, resources.filter(isApp))
  const occupied = new Set(apps.map(({ resource }) => placeOf(resource)))
  const plans = resources.filter((resource) => !isApp(resource))
  const left = [
    ...apps,
    ...(await removeEach(
      connection,
      plans.filter((plan) => !occupied.has(placeOf(plan))),
    )),
    ...plans.filter((plan) => occupied.has(placeOf(plan))).map((resource) => ({ resource, why: 'it still has its app' })),
  ]
  if (left.length === 0) return
  const named = left.map(({ resource, why }) => `${inWords(resource)}: ${why}`).join('; ')
  throw new MeasurementError('CLEANUP_INCOMPLETE', `Not removed: ${named}`, {
    hint: 'Remove it later with `netfair cleanup --provider azure`, or by hand.',
  })
}

const isApp = ({ kind }: Resource): boolean => kind === 'function app'
/** A plan and its app have the same name. */
const placeOf = ({ resourceGroup, name }: Resource): string => `${resourceGroup}/${name}`.toLowerCase()

interface Left {
  readonly resource: Resource
  readonly why: string
}

/** What could not be removed. */
async function removeEach(connection: Connection, resources: readonly Resource[]): Promise<readonly Left[]> {
  const outcomes = await Promise.all(
    resources.map((resource) =>
      remove(connection, resource).then(
        () => [],
        (error: unknown) => [{ resource, why: platformError('remove it', error).message }],
      ),
    ),
  )
  return outcomes.flat()
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
