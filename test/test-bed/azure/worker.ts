import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import Module from 'node:module'
import { pathToFileURL } from 'node:url'

/**
 * An instance: loads an app as the platform's Node worker does and runs its functions, asked over a Unix socket. What the worker gives an app
 * is a module that exists nowhere on disk, `@azure/functions-core`, found by whoever calls `require` for it.
 *
 * node worker.ts <socket> <main file of the app>
 */

interface Binding {
  readonly type: string
  readonly name: string
  readonly route?: string
  readonly methods?: readonly string[]
  readonly authLevel?: string
}

interface Registered {
  readonly metadata: { readonly name: string; readonly bindings: Readonly<Record<string, Binding>> }
  readonly callback: unknown
}

/** What the gateway asks of an instance. */
interface Asked {
  readonly invocationId: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly params: Readonly<Record<string, string>>
}

interface InvocationModel {
  getArguments(): Promise<{ readonly context: unknown; readonly inputs: readonly unknown[] }>
  invokeFunction(context: unknown, inputs: readonly unknown[], callback: unknown): Promise<unknown>
  getResponse(context: unknown, result: unknown): Promise<{ readonly returnValue?: { readonly http?: RpcHttp } | null }>
}

interface RpcHttp {
  readonly statusCode?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: { readonly bytes?: Uint8Array; readonly string?: string }
}

interface ProgrammingModel {
  getInvocationModel(call: unknown): InvocationModel
  getCapabilities(capabilities: Record<string, string>): Promise<unknown>
}

const [socket = '', main = ''] = process.argv.slice(2)
const registered = new Map<string, Registered>()
let model: ProgrammingModel | undefined

class Disposable {
  dispose(): void {}
}

const core = {
  version: '1.4.0',
  hostVersion: '4.1042.0',
  workerVersion: '3.10.1',
  registerFunction(metadata: Registered['metadata'], callback: unknown): Disposable {
    registered.set(metadata.name, { metadata, callback })
    return new Disposable()
  },
  registerHook: (): Disposable => new Disposable(),
  setProgrammingModel(set: ProgrammingModel): void {
    model = set
  },
  getProgrammingModel: (): ProgrammingModel | undefined => model,
  log: (level: string, _category: string, message: string): void => void process.stderr.write(`${level}: ${message}\n`),
  Disposable,
}

const load = Module.prototype.require
Module.prototype.require = Object.assign(function (this: NodeJS.Module, id: string): unknown {
  return id === '@azure/functions-core' ? core : load.call(this, id)
}, load)

async function loadApp(): Promise<readonly object[]> {
  await import(pathToFileURL(main).href)
  await model?.getCapabilities({})
  return [...registered.values()].map(({ metadata: { name, bindings } }) => ({ ...triggerOf(bindings), name }))
}

function triggerOf(bindings: Registered['metadata']['bindings']): Binding {
  const trigger = Object.values(bindings).find(({ type }) => /trigger$/i.test(type))
  if (trigger === undefined) throw new Error('A function without a trigger.')
  return trigger
}

async function invoke(name: string, request: IncomingMessage): Promise<RpcHttp | undefined> {
  const { metadata, callback } = registered.get(name) ?? {}
  if (model === undefined || metadata === undefined) throw new Error(`No function ${name}.`)
  const asked = await read(request)
  const { invocationId, method, url, headers, params } = asked.call
  const query = Object.fromEntries(new URL(url).searchParams)
  const { bytes } = asked
  const [nullableHeaders, nullableQuery, nullableParams] = [headers, query, params].map(nullable)
  const http = { method, url, headers, query, params, nullableHeaders, nullableQuery, nullableParams, body: { bytes }, rawBody: { bytes } }
  const inputData = [{ name: triggerOf(metadata.bindings).name, data: { http } }]
  const log = (level: string, _category: string, message: string): void => core.log(level, 'user', message)
  const rpc = { invocationId, inputData, outputData: [], triggerMetadata: {} }
  const invocation = model.getInvocationModel({ invocationId, metadata, request: rpc, log })
  const { context, inputs } = await invocation.getArguments()
  const response = await invocation.getResponse(context, await invocation.invokeFunction(context, inputs, callback))
  return response.returnValue?.http
}

/** A line of JSON, then the body as it came. */
async function read(request: IncomingMessage): Promise<{ readonly call: Asked; readonly bytes: Buffer }> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const all = Buffer.concat(chunks)
  const line = all.indexOf('\n')
  return { call: JSON.parse(all.subarray(0, line).toString()) as Asked, bytes: all.subarray(line + 1) }
}

const nullable = (values: Readonly<Record<string, string>>): object =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]))

async function answer(request: IncomingMessage, response: ServerResponse, functions: Promise<readonly object[]>): Promise<void> {
  try {
    if (request.url === '/functions') return void response.end(JSON.stringify(await functions))
    await functions
    const { statusCode = '204', headers = {}, body } = (await invoke(decodeURIComponent(request.url?.slice(1) ?? ''), request)) ?? {}
    response.writeHead(Number(statusCode), headers).end(body?.bytes ?? body?.string ?? '')
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    response.writeHead(500, { 'x-bed-failed': '1' }).end()
  }
}

process.stdin.on('end', () => process.exit(0)).resume()
const functions = Promise.withResolvers<readonly object[]>()
functions.promise.catch(() => {})
const server = createServer(
  { keepAliveTimeout: 0, requestTimeout: 0 },
  (request, response) => void answer(request, response, functions.promise),
)
server.listen(socket, () => {
  process.stdout.write('listening\n')
  loadApp().then(functions.resolve, functions.reject)
})
