import type { v2 } from '@google-cloud/functions'

/** `@google-cloud/functions`, once it is loaded. */
export type Sdk = typeof import('@google-cloud/functions')

/** Of a client of either generation. */
export type ClientOptions = NonNullable<ConstructorParameters<typeof v2.FunctionServiceClient>[0]>
export type ClientConfig = NonNullable<ClientOptions['clientConfig']>
export type CallOptions = NonNullable<Parameters<v2.FunctionServiceClient['listLocationsAsync']>[1]>
