import { type handleUnaryCall, Server, type ServerUnaryCall, type sendUnaryData, type UntypedServiceImplementation } from '@grpc/grpc-js'
import type { Faults } from './faults.ts'
import type { Identity } from './identity.ts'
import { serviceOf } from './protos.ts'
import { apiRefusal } from './refusal.ts'
import type { RequestLog } from './request-log.ts'
import { StatusError } from './status-error.ts'

/** What every call passes before it is served. */
export interface Reception {
  readonly identity: Identity
  readonly faults: Faults
  readonly log: RequestLog
  readonly projectId: string
  readonly origin: string
}

type Method = (request: object) => object | Promise<object>

/** Serves objects that have the methods of a service of the protos by the same names; what one lacks is UNIMPLEMENTED. */
export function rpcServer(services: Readonly<Record<string, object>>, reception: Reception): Server {
  const server = new Server()
  for (const [name, implementation] of Object.entries(services)) {
    const definition = serviceOf(name)
    const api = name.includes('.v1.') ? 'v1' : undefined
    const served: UntypedServiceImplementation = {}
    for (const method of Object.keys(definition)) {
      const serve = (implementation as Readonly<Record<string, Method | undefined>>)[method]
      if (serve !== undefined) served[method] = receive({ operation: method, api }, serve.bind(implementation), reception)
    }
    server.addService(definition, served)
  }
  return server
}

function receive(
  { operation, api }: { readonly operation: string; readonly api: 'v1' | undefined },
  serve: Method,
  { identity, faults, log, projectId, origin }: Reception,
): handleUnaryCall<object, object> {
  const answer = async ({ request, metadata }: ServerUnaryCall<object, object>): Promise<object> => {
    const name = nameIn(request)
    log.add({ operation, name, ...(api !== undefined && { api }) })
    await faults.pass(operation, 'before')
    identity.checkCaller(metadata.get('authorization')[0]?.toString(), origin)
    const refusal = faults.refusal(operation)
    if (refusal !== undefined) throw apiRefusal(refusal, name, projectId)
    const response = await serve(request)
    await faults.pass(operation, 'after')
    return response
  }
  return (call, callback: sendUnaryData<object>) => {
    answer(call).then(
      (response) => callback(null, response),
      (error) => callback(error instanceof StatusError ? error.toResponse() : new StatusError('INTERNAL', String(error)).toResponse()),
    )
  }
}

/** The resource that a request is about: a function, or where it will be. */
function nameIn(request: object): string {
  const { name, parent, location, functionId, function: made } = request as Readonly<Record<string, unknown>>
  if (typeof name === 'string' && name !== '') return name
  const inside = (made as { readonly name?: string } | undefined)?.name
  if (functionId) return `${parent}/functions/${functionId}`
  return inside || String(parent ?? location ?? '')
}
