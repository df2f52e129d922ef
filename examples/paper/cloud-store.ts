import { readFileSync } from 'node:fs'
import { azureBlob, gcs, type StoreLocation, s3 } from 'netfair'

export const cloudNames = ['aws', 'gcp', 'azure'] as const
export type CloudName = (typeof cloudNames)[number]

/**
 * The store of a cloud, as the environment names it.
 * @throws TypeError where a variable or a file is missing; InputError what a bucket or container cannot be
 */
export function cloudStore(cloud: CloudName, { endpoint, ca }: { readonly endpoint?: string; readonly ca?: string }): StoreLocation {
  const compatible = { ...(endpoint !== undefined && { endpoint }), ...(ca !== undefined && { ca: certificates(ca) }) }
  const bucket = variable('NETFAIR_BUCKET', 'it names the bucket (on azure the container) of the objects')
  if (cloud === 'aws') return s3({ bucket, region: process.env['AWS_REGION'] ?? 'us-east-1', ...compatible })
  if (cloud === 'gcp') return gcs({ bucket, ...compatible })
  const account = variable('NETFAIR_ACCOUNT', 'it names the storage account of the container')
  return azureBlob({ account, container: bucket, ...compatible })
}

function variable(name: string, meaning: string): string {
  const value = process.env[name]
  if (value) return value
  throw new TypeError(`The environment variable ${name} is not set: ${meaning}.`)
}

function certificates(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new TypeError(`--ca: ${file} cannot be read; it must be a file with certificates in PEM.`)
  }
}
