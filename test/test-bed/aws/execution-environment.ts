import type { AgentChild } from '../../../src/providers/local/agent-child.ts'
import { executionLog } from './execution-log.ts'
import { type RuntimeAnswer, RuntimeApi } from './runtime-api.ts'

export interface Invocation {
  readonly requestId: string
  readonly payload: Uint8Array
  readonly arn: string
  readonly memoryMb: number
  readonly timeoutMs: number
  /** Epoch ms, once it has begun. */
  deadlineMs(): number
  /** A fault: it dies as soon as it has begun, or runs out of time. */
  readonly doomed?: 'crash' | 'timeout' | undefined
}

/** What came of an invocation. */
export interface Execution {
  readonly payload: Uint8Array
  readonly error?: 'Handled' | 'Unhandled'
  readonly log: string
}

/** What a REPORT line says. */
export interface Billing {
  readonly durationMs: number
  /** Cold only. */
  readonly initMs?: number
  readonly memoryMb: number
  readonly usedMb: number
  readonly status?: { readonly name: 'error' | 'timeout'; readonly errorType?: string }
}

interface Current {
  readonly invocation: Invocation
  resolve(execution: Execution): void
  /** When the runtime was given it. */
  begunAt?: number
  timer?: NodeJS.Timeout
}

/** How long a runtime may take to start, before the function's own time begins. */
const MAX_INIT_MS = 10_000

/** One process with its Runtime API; takes one invocation at a time. */
export class ExecutionEnvironment {
  readonly #api: RuntimeApi
  readonly #startedAt = performance.now()
  #child: AgentChild | undefined
  #give: ((invocation: Invocation) => void) | undefined
  #current: Current | undefined
  /** Until it is billed. */
  #initMs: number | undefined
  #ready = false
  #alive = true
  #usedKb = 0
  #said: string[] = []

  constructor() {
    this.#api = new RuntimeApi({
      ready: (give) => this.#onReady(give),
      answered: (answer) => void setImmediate(() => this.#onAnswer(answer)), // what the handler has printed comes another way
      memory: (kb) => {
        this.#usedKb = Math.max(this.#usedKb, kb)
      },
    })
  }

  get alive(): boolean {
    return this.#alive
  }

  async start(socket: string, launch: () => Promise<AgentChild>): Promise<void> {
    await this.#api.listen(socket)
    const child = await launch()
    this.#child = child
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding('utf8')
      output.on('data', (text: string) => this.#said.push(text.trimEnd()))
    }
    void child.ended.then((how) => this.#onEnd(how))
    if (!this.#alive) child.kill()
  }

  run(invocation: Invocation): Promise<Execution> {
    return new Promise((resolve) => {
      if (this.#ready) this.#said = []
      this.#current = { invocation, resolve }
      if (!this.#alive) return this.#onEnd('was ended by signal SIGKILL')
      this.#timer(MAX_INIT_MS + invocation.timeoutMs)
      this.#begin()
    })
  }

  /** Idempotent. */
  async end(): Promise<void> {
    this.#alive = false
    this.#child?.kill()
    await this.#child?.ended
    await this.#api.close()
  }

  #onReady(give: (invocation: Invocation) => void): void {
    if (!this.#ready) this.#initMs = performance.now() - this.#startedAt
    this.#ready = true
    this.#give = give
    this.#begin()
  }

  /** Once both an invocation is there and the runtime waits for one. */
  #begin(): void {
    const [current, give] = [this.#current, this.#give]
    if (current === undefined || give === undefined || current.begunAt !== undefined) return
    this.#give = undefined
    current.begunAt = performance.now()
    give(current.invocation)
    const { doomed, timeoutMs } = current.invocation
    this.#timer(doomed === 'timeout' ? Math.min(100, timeoutMs) : timeoutMs)
    if (doomed === 'crash') this.#child?.kill()
  }

  #timer(ms: number): void {
    clearTimeout(this.#current?.timer)
    if (this.#current !== undefined) this.#current.timer = setTimeout(() => this.#onTimeout(), ms)
  }

  #onAnswer({ payload, errorType }: RuntimeAnswer): void {
    if (this.#current?.invocation.doomed !== undefined) return
    if (errorType === undefined) this.#finish({ payload })
    else this.#finish({ payload, error: errorType === 'Handled' ? 'Handled' : 'Unhandled' }, { name: 'error', errorType })
  }

  #onTimeout(): void {
    const seconds = ((this.#current?.invocation.timeoutMs ?? 0) / 1000).toFixed(2)
    this.#finish(this.#failure('Sandbox.Timedout', `Task timed out after ${seconds} seconds`), { name: 'timeout' })
    void this.end()
  }

  #onEnd(how: string): void {
    this.#alive = false
    this.#finish(this.#failure('Runtime.ExitError', exitMessage(how)), { name: 'error', errorType: 'Runtime.ExitError' })
  }

  #failure(errorType: string, message: string): Omit<Execution, 'log'> {
    const errorMessage = `RequestId: ${this.#current?.invocation.requestId} Error: ${message}`
    return { payload: Buffer.from(JSON.stringify({ errorType, errorMessage })), error: 'Unhandled' }
  }

  #finish(execution: Omit<Execution, 'log'>, status?: Billing['status']): void {
    const current = this.#current
    if (current === undefined) return
    this.#current = undefined
    clearTimeout(current.timer)
    const { invocation, begunAt = performance.now() } = current
    const billing: Billing = {
      durationMs: Math.min(performance.now() - begunAt, invocation.timeoutMs),
      ...(this.#initMs !== undefined && { initMs: this.#initMs }),
      memoryMb: invocation.memoryMb,
      usedMb: Math.ceil(this.#usedKb / 1024),
      ...(status && { status }),
    }
    this.#initMs = undefined
    current.resolve({ ...execution, log: executionLog(invocation.requestId, this.#said, billing) })
  }
}

function exitMessage(how: string): string {
  const code = /exit code (\d+)/.exec(how)?.[1]
  if (code === '0') return 'Runtime exited without providing a reason'
  const signal = /signal SIG(\w+)/.exec(how)?.[1]
  const reason = signal === undefined ? `exit status ${code ?? 1}` : `signal: ${signal === 'KILL' ? 'killed' : signal.toLowerCase()}`
  return `Runtime exited with error: ${reason}`
}
