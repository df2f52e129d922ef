import { registerAzureFunction } from '../platforms/azure.ts'

registerAzureFunction()
