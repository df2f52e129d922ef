import { randomUUID } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unpack } from './zip-package.ts'

/** As Kudu numbers them. */
export const DEPLOY_STATUS = { pending: 0, building: 1, deploying: 2, failed: 3, success: 4 } as const

/** What became of a package that was sent. */
export interface DeploymentRecord {
  readonly id: string
  status: number
  text: string
  readonly deployer: string
  readonly receivedAt: Date
  endedAt?: Date
  readonly log: string[]
}

/** A package that an app runs from. */
export interface LoadedPackage {
  readonly directory: string
  /** Absent where the host cannot find or read it: then there are no functions. */
  readonly main: string | undefined
  readonly routePrefix: string
}

export interface PackageSteps {
  readonly directory: string
  readonly stepMs: number
  readonly fails: boolean
  storageOpens(): boolean
  log(line: string): void
}

export function newDeployment(deployer: string): DeploymentRecord {
  return { id: randomUUID(), status: DEPLOY_STATUS.pending, text: '', deployer, receivedAt: new Date(), log: [] }
}

/**
 * Takes a package through the steps of a deployment as far as it comes.
 * @throws Error where it fails, with what the platform says
 */
export async function loadPackage(record: DeploymentRecord, zip: Uint8Array, steps: PackageSteps): Promise<LoadedPackage> {
  const step = async (status: number, line: string): Promise<void> => {
    record.status = status
    record.log.push(line)
    await new Promise((resolve) => setTimeout(resolve, steps.stepMs))
  }
  await step(DEPLOY_STATUS.pending, '[Kudu-SourcePackageUriDownloadStep] starting.')
  await step(DEPLOY_STATUS.building, '[Kudu-ExtractZipStep] starting.')
  const directory = join(steps.directory, record.id)
  await mkdir(directory, { recursive: true })
  const unreadable = await unpack(zip, directory).catch(() => undefined)
  if (unreadable === undefined) throw new Error('[Kudu-ExtractZipStep] The package is not a valid ZIP file.')
  const hostJson = await readFile(join(directory, 'host.json'), 'utf8').catch(() => undefined)
  if (hostJson === undefined) throw new Error('[Kudu-ContentValidationStep] Cannot find required host.json file.')
  await step(DEPLOY_STATUS.deploying, '[Kudu-UploadPackageStep] starting.')
  if (!steps.storageOpens()) {
    throw new Error('[Kudu-UploadPackageStep] InaccessibleStorageException: Failed to access storage account for deployment.')
  }
  if (steps.fails) throw new Error('[Kudu-UploadPackageStep] Failed to upload the package: the operation was cancelled.')
  for (const name of unreadable) steps.log(`${name} has no Unix permissions in the package; the host cannot read it.`)
  record.log.push('[Kudu-SyncTriggerStep] starting.')
  const main = unreadable.length > 0 ? undefined : await mainOf(directory)
  return { directory, main, routePrefix: routePrefixOf(hostJson) }
}

export function endDeployment(record: DeploymentRecord, status: number, text: string): void {
  record.log.push(text)
  Object.assign(record, { status, text, endedAt: new Date() })
}

/** A deployment as Kudu tells it. */
export function deploymentFacts(record: DeploymentRecord): object {
  const { id, status, text, deployer, receivedAt, endedAt } = record
  const failed = status === DEPLOY_STATUS.failed
  return {
    id,
    status,
    status_text: failed ? text : '',
    author_email: 'N/A',
    author: 'N/A',
    deployer,
    message: 'OneDeploy',
    progress: '',
    received_time: receivedAt.toISOString(),
    start_time: receivedAt.toISOString(),
    end_time: endedAt?.toISOString() ?? null,
    last_success_end_time: failed ? null : (endedAt?.toISOString() ?? null),
    complete: endedAt !== undefined,
    active: status === DEPLOY_STATUS.success,
    is_temp: false,
    is_readonly: false,
  }
}

async function mainOf(directory: string): Promise<string | undefined> {
  const text = await readFile(join(directory, 'package.json'), 'utf8').catch(() => '{}')
  const { main } = JSON.parse(text) as { readonly main?: string }
  return main === undefined ? undefined : join(directory, main)
}

function routePrefixOf(hostJson: string): string {
  const parsed = JSON.parse(hostJson) as { readonly extensions?: { readonly http?: { readonly routePrefix?: string } } }
  return parsed.extensions?.http?.routePrefix ?? 'api'
}
