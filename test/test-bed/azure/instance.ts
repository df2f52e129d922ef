import { request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AgentChild } from '../../../src/providers/local/agent-child.ts'
import { keepTail, onLines } from '../../../src/providers/local/line-reader.ts'
import type { InstanceHost } from '../instance-host.ts'

/** An app that takes longer to load is given up. */
const LOAD_LIMIT_MS = 60_000
const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))

/** A function as the app has registered it. */
export interface RegisteredFunction {
  readonly name: string
  readonly type: string
  readonly route?: string
  readonly methods?: readonly string[]
  readonly authLevel?: string
}

export interface InstanceLaunchOptions {
  readonly host: InstanceHost
  readonly id: string
  /** Where its socket lies. */
  readonly directory: string
  /** The app's main file. */
  readonly main: string
  readonly environment: Readonly<Record<string, string>>
  readonly memoryMb: number
  /** Ends it, also while it starts. */
  readonly signal: AbortSignal
}

/** What the gateway hands to an instance. */
export interface WorkerCall {
  readonly invocationId: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly params: Readonly<Record<string, string>>
}

export interface WorkerAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** A process that runs an app; asked over a Unix socket. */
export class Instance {
  readonly id: string
  readonly functions: readonly RegisteredFunction[]
  readonly #child: AgentChild
  readonly #socket: string

  private constructor(id: string, child: AgentChild, socket: string, functions: readonly RegisteredFunction[]) {
    this.id = id
    this.#child = child
    this.#socket = socket
    this.functions = functions
  }

  /** Starts one and waits until the app is loaded. What the app prints goes to `log`. */
  static async start(
    { host, id, directory, main, environment, memoryMb, signal }: InstanceLaunchOptions,
    log: (line: string) => void,
  ): Promise<Instance> {
    const socket = join(directory, `${id}.sock`)
    const ids = { WEBSITE_INSTANCE_ID: id, CONTAINER_NAME: id }
    const child = await host.start({ command: [process.execPath, WORKER, socket, main], environment: { ...environment, ...ids }, memoryMb })
    const listening = Promise.withResolvers<void>()
    onLines(child.stdout, (line) => (line === 'listening' ? listening.resolve() : log(line)))
    const said = keepTail(child.stderr)
    void child.ended.then((how) => {
      log(`${id} ${how} ${said()}`)
      listening.reject(new Error(`${id} ${how}: ${said()}`))
    })
    const kill = (): void => child.kill()
    const late = setTimeout(kill, LOAD_LIMIT_MS)
    signal.addEventListener('abort', kill)
    void child.ended.then(() => signal.removeEventListener('abort', kill))
    if (signal.aborted) kill()
    try {
      await listening.promise
      const { status, body } = await ask(socket, '/functions', '')
      if (status !== 200) throw new Error(`${id} could not load the app: ${said()}`)
      return new Instance(id, child, socket, JSON.parse(body.toString()) as RegisteredFunction[])
    } catch (error) {
      child.kill()
      await child.ended
      throw error
    } finally {
      clearTimeout(late)
    }
  }

  get ended(): Promise<string> {
    return this.#child.ended
  }

  /** @throws Error when the process ends before it has answered */
  invoke(name: string, call: WorkerCall, body: Uint8Array): Promise<WorkerAnswer> {
    return ask(this.#socket, `/${encodeURIComponent(name)}`, Buffer.concat([Buffer.from(`${JSON.stringify(call)}\n`), body]))
  }

  async kill(): Promise<void> {
    this.#child.kill()
    await this.#child.ended
  }
}

function ask(socketPath: string, path: string, body: string | Uint8Array): Promise<WorkerAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath, path, method: 'POST', agent: false }, (response) => void read(response).then(resolve, reject))
    request.on('error', reject).end(body)
  })
}

async function read(response: IncomingMessage): Promise<WorkerAnswer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const own = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date']
  const headers = Object.entries(response.headers).filter(([name]) => !own.includes(name))
  return {
    status: response.statusCode ?? 500,
    headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
    body: Buffer.concat(chunks),
  }
}
