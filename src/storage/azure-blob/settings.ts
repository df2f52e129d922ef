import type { StoragePipelineOptions } from '@azure/storage-blob'
import type { StoreLocation } from '../../model/object-store.ts'

/** Where the blobs of an account are; test servers have the account in the path. */
export function serviceUrl({ account = '', endpoint }: StoreLocation): string {
  return endpoint === undefined ? `https://${account}.blob.core.windows.net` : `${endpoint}/${account}`
}

/** The key of the account, where the environment has it. */
export function accountKey(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  return environment['AZURE_STORAGE_KEY'] ?? /(?:^|;)AccountKey=([^;]+)/.exec(environment['AZURE_STORAGE_CONNECTION_STRING'] ?? '')?.[1]
}

/** What the client hands on to its HTTP library; its own type does not name all of it. */
export function pipelineOptions({ ca }: StoreLocation): StoragePipelineOptions {
  return (ca === undefined ? {} : { tlsOptions: { ca } }) as StoragePipelineOptions
}
