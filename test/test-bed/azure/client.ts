import { request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSiteManagementClient } from '@azure/arm-appservice'
import { ClientSecretCredential } from '@azure/identity'
import { buildSync } from 'esbuild'
import { strToU8, zipSync } from 'fflate'
import type { AzureBed } from '../azure.ts'

/** The bare client libraries, told of a bed only by the options that they offer. */
export function credentialOf({ environment, ca }: AzureBed, secret?: string): ClientSecretCredential {
  const { AZURE_TENANT_ID = '', AZURE_CLIENT_ID = '', AZURE_CLIENT_SECRET = '', AZURE_AUTHORITY_HOST = '' } = environment
  // MSAL would ask the public cloud whether it knows this authority.
  const options = { authorityHost: AZURE_AUTHORITY_HOST, disableInstanceDiscovery: true, tlsOptions: { ca } }
  return new ClientSecretCredential(AZURE_TENANT_ID, AZURE_CLIENT_ID, secret ?? AZURE_CLIENT_SECRET, options)
}

export function clientOf(bed: AzureBed, options: { readonly maxRetries?: number } = {}): WebSiteManagementClient {
  const endpoint = bed.environment['NETFAIR_AZURE_ENDPOINT'] ?? ''
  const retryOptions = { maxRetries: options.maxRetries ?? 0 }
  return new WebSiteManagementClient(credentialOf(bed), bed.account.subscriptionId, { endpoint, tlsOptions: { ca: bed.ca }, retryOptions })
}

export async function tokenOf(bed: AzureBed): Promise<string> {
  const { token } = await credentialOf(bed).getToken('https://management.azure.com/.default')
  return token
}

export interface Fetched {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
}

/** All of a list, page after page. */
export async function all<Item>(list: AsyncIterable<Item>): Promise<readonly Item[]> {
  const items: Item[] = []
  for await (const item of list) items.push(item)
  return items
}

/** One HTTPS request, trusting the bed only. */
export function fetchFrom(
  { ca }: AzureBed,
  url: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string | Uint8Array } = {},
): Promise<Fetched> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, ca, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }),
      )
      response.on('error', reject)
    })
    sent.on('error', reject).end(body)
  })
}

const bundled = new Map<string, string>()

/** An app of the real library, bundled as `esm` or `cjs`, in a package with Unix permissions. */
export function packageOf(source: string, format: 'esm' | 'cjs' = 'esm', extra: Readonly<Record<string, string>> = {}): Uint8Array {
  const text = bundled.get(`${format} ${source}`) ?? bundle(source, format)
  bundled.set(`${format} ${source}`, text)
  const main = format === 'esm' ? 'index.mjs' : 'index.cjs'
  const files = { [main]: text, 'package.json': JSON.stringify({ main }), 'host.json': '{"version":"2.0"}', ...extra }
  return zipOf(files)
}

function bundle(source: string, format: 'esm' | 'cjs'): string {
  const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
  const { outputFiles } = buildSync({
    stdin: { contents: source, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    platform: 'node',
    format,
    external: ['@azure/functions-core'],
    ...(format === 'esm' && { banner: { js: banner } }),
  })
  return outputFiles[0]?.text ?? ''
}

export function zipOf(files: Readonly<Record<string, string>>, mode = 0o100644): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, [strToU8(text), { os: 3, attrs: mode << 16 }]])))
}

export interface SiteWish {
  readonly name?: string
  readonly memoryMb?: number
  readonly perInstanceConcurrency?: number
  readonly settings?: Readonly<Record<string, string>>
  readonly tags?: Record<string, string>
}

/** Plan and site of one app, as the cloud wants them. */
export async function makeSite(
  bed: AzureBed,
  { name = 'netfair-app', memoryMb = 512, perInstanceConcurrency = 1, settings = {}, tags = {} }: SiteWish = {},
): Promise<{ readonly host: string; readonly scm: string }> {
  const { appServicePlans, webApps } = clientOf(bed)
  const { resourceGroup, location, storageAccount, storageKeys, containers } = bed.account
  const fast = { updateIntervalInMs: 5 }
  const sku = { name: 'FC1', tier: 'FlexConsumption' }
  const plan = await appServicePlans.createOrUpdate(
    resourceGroup,
    `${name}-plan`,
    { location: location.name, sku, reserved: true, tags },
    fast,
  )
  const connection = `DefaultEndpointsProtocol=https;AccountName=${storageAccount};AccountKey=${storageKeys[0]};EndpointSuffix=core.windows.net`
  const all = { AzureWebJobsStorage: connection, DEPLOYMENT_STORAGE: connection, ...settings }
  const authentication = { type: 'StorageAccountConnectionString' as const, storageAccountConnectionStringName: 'DEPLOYMENT_STORAGE' }
  const value = `https://${storageAccount}.blob.core.windows.net/${containers[0]}`
  const functionAppConfig = {
    deployment: { storage: { type: 'blobContainer' as const, value, authentication } },
    runtime: { name: 'node' as const, version: '22' },
    scaleAndConcurrency: { instanceMemoryMB: memoryMb, maximumInstanceCount: 40, triggers: { http: { perInstanceConcurrency } } },
  }
  const siteConfig = { appSettings: Object.entries(all).map(([key, text]) => ({ name: key, value: text })) }
  const properties = { location: location.name, kind: 'functionapp,linux', tags, ...(plan.id !== undefined && { serverFarmId: plan.id }) }
  const site = await webApps.createOrUpdate(resourceGroup, name, { ...properties, siteConfig, functionAppConfig }, fast)
  const scm = site.hostNameSslStates?.find(({ hostType }) => hostType === 'Repository')?.name ?? ''
  return { host: site.defaultHostName ?? '', scm }
}

/** Waits until the function is found. The platform's own answer: the SDK drops the keys. */
export async function keyOf(bed: AzureBed, site: string, name: string): Promise<string> {
  const { subscriptionId, resourceGroup } = bed.account
  const path = `subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Web/sites/${site}/functions/${name}/listkeys`
  const url = `${bed.environment['NETFAIR_AZURE_ENDPOINT']}/${path}?api-version=2025-05-01`
  const headers = { authorization: `Bearer ${await tokenOf(bed)}` }
  for (;;) {
    const { status, text } = await fetchFrom(bed, url, { method: 'POST', headers })
    if (status === 200) return (JSON.parse(text) as { readonly default: string }).default
    if (status !== 404) throw new Error(`listkeys: ${status} ${text}`)
    await sleep(20)
  }
}

/** Sends a package and waits for its end; returns the platform's record of it. */
export async function publish(
  bed: AzureBed,
  scm: string,
  zip: Uint8Array,
): Promise<{ readonly status: number; readonly status_text: string }> {
  const authorization = `Bearer ${await tokenOf(bed)}`
  const headers = { authorization, 'content-type': 'application/zip' }
  const sent = await fetchFrom(bed, `https://${scm}/api/publish?RemoteBuild=false&Deployer=test`, { method: 'POST', headers, body: zip })
  if (sent.status !== 202) throw new Error(`publish: ${sent.status} ${sent.text}`)
  for (;;) {
    const answer = await fetchFrom(bed, `https://${scm}/api/deployments/${JSON.parse(sent.text)}`, { headers: { authorization } })
    const record = JSON.parse(answer.text) as { readonly status: number; readonly status_text: string; readonly complete: boolean }
    if (record.complete) return record
    await sleep(5)
  }
}
