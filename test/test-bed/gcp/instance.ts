import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { AgentChild } from '../../../src/providers/local/agent-child.ts'
import { keepTail } from '../../../src/providers/local/line-reader.ts'
import type { InstanceHost } from '../instance-host.ts'

const FRAMEWORK = fileURLToPath(new URL('../../../node_modules/@google-cloud/functions-framework/build/src/main.js', import.meta.url))
/** The framework does not look at its standard input; a bed that is killed must not leave instances behind. */
const END_WITH_STDIN = `data:text/javascript,${encodeURIComponent("process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL')).resume()")}`
/** Cloud Run gives a container 4 minutes. */
const START_TIMEOUT_MS = 60_000
const POLL_MS = 10

export interface InstanceOrder {
  readonly id: string
  /** Where the function's program lies. */
  readonly directory: string
  readonly socketPath: string
  readonly environment: Readonly<Record<string, string>>
  readonly memoryMb: number
}

/** One container of a function: the functions framework's own command in a process, which listens on a Unix socket. */
export class Instance {
  readonly id: string
  /** How it ended. */
  readonly ended: Promise<string>
  readonly startMs: number
  /** Requests in flight. */
  busy = 0
  /** Requests so far. */
  served = 0
  readonly #child: AgentChild
  readonly #socketPath: string
  readonly #agent = new Agent({ keepAlive: true })
  readonly #said: () => string

  private constructor({ id, socketPath }: InstanceOrder, child: AgentChild, { startMs, said }: { startMs: number; said: () => string }) {
    this.id = id
    this.#socketPath = socketPath
    this.#child = child
    this.startMs = startMs
    this.#said = said
    this.ended = child.ended
  }

  /** Starts one, and resolves when it takes requests. */
  static async start(host: InstanceHost, order: InstanceOrder): Promise<Instance> {
    const begun = performance.now()
    const program = [process.execPath, '--import', END_WITH_STDIN, FRAMEWORK, `--port=${order.socketPath}`]
    const child = await host.start({
      command: ['sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', order.directory, ...program],
      environment: order.environment,
      memoryMb: order.memoryMb,
    })
    let end: string | undefined
    void child.ended.then((how) => {
      end = how
    })
    const tails = [child.stdout, child.stderr].map((stream) => keepTail(stream))
    const said = (): string => tails.map((tail) => tail()).join('\n')
    while (!(await accepts(order.socketPath))) {
      if (end !== undefined || performance.now() - begun > START_TIMEOUT_MS) {
        child.kill()
        throw new Error(`${order.id} ${end ?? 'did not listen in time'}: ${said()}`)
      }
      await delay(POLL_MS)
    }
    return new Instance(order, child, { startMs: performance.now() - begun, said })
  }

  /** Sends it a request; answers and errors come by events. */
  request(options: RequestOptions, onResponse: (response: IncomingMessage) => void): ClientRequest {
    return request({ ...options, socketPath: this.#socketPath, agent: this.#agent }, onResponse)
  }

  /** The end of what it said, for whoever looks into a test. */
  get said(): string {
    return this.#said()
  }

  async kill(): Promise<void> {
    this.#agent.destroy()
    this.#child.kill()
    await this.ended
  }
}

function accepts(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(path, () => resolve(true)).on('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}
