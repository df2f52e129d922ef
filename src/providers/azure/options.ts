import type { TokenCredential } from '@azure/identity'
import { InputError } from '../../model/errors.ts'
import { checkOptions, type OptionsSchema } from '../../model/options.ts'

/** How functions are hosted. */
export type AzurePlan = 'flex-consumption' | 'consumption'

/** Options of {@link azure}. All that they name must exist, but the functions. */
export interface AzureOptions {
  /** The subscription that pays, a UUID. */
  readonly subscriptionId: string
  /** Resource group in which plans and function apps are made. */
  readonly resourceGroup: string
  /** Region that offers Flex Consumption, `eastus` or `East US`. */
  readonly location: string
  /** Storage account of the same resource group, with access by key: where the platform keeps its own data and the agent's package. */
  readonly storageAccount: string
  /** Blob container of the storage account, for the package. One run at a time may use it. Default `netfair`. */
  readonly container?: string
  /**
   * Resource id of a user-assigned managed identity as which functions ask Azure Blob Storage (transport `sdk`). Default: functions have none; they can
   * be lent a key then (`azureBlob({credentials: 'environment'})`).
   */
  readonly identity?: string
  /** `consumption`, the classic plan, is refused: its memory cannot be set. Default `flex-consumption`. */
  readonly plan?: AzurePlan
  /** Who signs in. Default: `DefaultAzureCredential` of `@azure/identity`. */
  readonly credential?: TokenCredential
}

/** Options with their defaults, without the credential. */
export interface AzureSettings extends Omit<AzureOptions, 'credential'> {
  readonly container: string
  readonly plan: AzurePlan
}

const SCHEMA: OptionsSchema = {
  type: 'object',
  required: ['subscriptionId', 'resourceGroup', 'location', 'storageAccount'],
  properties: {
    subscriptionId: {
      type: 'string',
      pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
      description: 'The UUID of the subscription: `az account show --query id`.',
    },
    resourceGroup: { type: 'string', pattern: '^[-\\w.()]{1,90}$', description: 'Name of an existing resource group.' },
    location: { type: 'string', minLength: 1, description: 'Region that offers Flex Consumption, for example eastus.' },
    storageAccount: {
      type: 'string',
      pattern: '^[a-z0-9]{3,24}$',
      description: 'Name of an existing storage account of the resource group.',
    },
    container: {
      type: 'string',
      pattern: '^[a-z0-9](-?[a-z0-9]){2,62}$',
      default: 'netfair',
      description: 'Name of an existing blob container of the storage account; default netfair.',
    },
    identity: {
      type: 'string',
      pattern: '^/subscriptions/[^/]+/resource[gG]roups/[^/]+/providers/Microsoft.ManagedIdentity/userAssignedIdentities/[^/]+$',
      description: 'Resource id of a user-assigned identity: `az identity show --query id`. It is optional.',
    },
    plan: {
      enum: ['flex-consumption', 'consumption'],
      default: 'flex-consumption',
      description: 'flex-consumption, which is the default.',
    },
  },
  additionalProperties: false,
}

/**
 * Checks the options of {@link azure}; the location becomes as the platform writes it: `East US` → `eastus`.
 * @throws InputError `INVALID_OPTION`, `MISSING_OPTION`, `UNKNOWN_OPTION`
 */
export function checkAzureOptions(options: AzureOptions): { readonly settings: AzureSettings; readonly credential?: TokenCredential } {
  const { credential, ...plain } = Object(options) as AzureOptions
  const settings = checkOptions<AzureSettings>('azure()', plain, SCHEMA)
  if (credential !== undefined && typeof credential?.getToken !== 'function') {
    throw new InputError('INVALID_OPTION', 'azure(): "credential" must have a method getToken.', {
      hint: 'Give a credential of @azure/identity, or leave it out.',
    })
  }
  return { settings: { ...settings, location: regionName(settings.location) }, ...(credential && { credential }) }
}

/** As the platform writes it. */
export const regionName = (location: string): string => location.toLowerCase().replaceAll(/[\s-]/g, '')
