import { onlyStore } from '../../storage/only-store.ts'
import { registerAzureFunction } from '../platforms/azure.ts'

/** With the SDK of Azure Blob Storage. */
registerAzureFunction({
  openObjectClient: onlyStore('azure-blob', async () => (await import('../../storage/azure-blob/client.ts')).openAzureBlobClient),
})
