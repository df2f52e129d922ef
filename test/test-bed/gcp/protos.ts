import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { ServiceDefinition } from '@grpc/grpc-js'
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader'

/** `google.protobuf.Any`. */
export interface Packed {
  readonly type_url: string
  readonly value: Uint8Array
}

const FILES = [
  'google/cloud/functions/v1/functions.proto',
  'google/cloud/functions/v1/operations.proto',
  'google/cloud/functions/v2/functions.proto',
  'google/cloud/location/locations.proto',
  'google/longrunning/operations.proto',
  'google/rpc/error_details.proto',
  'google/rpc/status.proto',
]

/** The protos that the client ships: the server is held to them. */
const definitions = loadSync(FILES, {
  keepCase: false,
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
  includeDirs: ['@google-cloud/functions', 'google-gax'].map(protosOf),
})

function protosOf(packageName: string): string {
  const require = createRequire(import.meta.url)
  return join(dirname(require.resolve(packageName)), '..', 'protos')
}

export function serviceOf(name: string): ServiceDefinition {
  return definitions[name] as unknown as ServiceDefinition
}

export function encode(type: string, message: object): Buffer {
  const definition = definitions[type] as MessageTypeDefinition<object, object> | undefined
  if (definition === undefined) throw new Error(`no message ${type} in the protos`)
  return Buffer.from(definition.serialize(message))
}

export function pack(type: string, message: object): Packed {
  return { type_url: `type.googleapis.com/${type}`, value: encode(type, message) }
}
