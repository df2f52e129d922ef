import { type ChildProcess, fork, type SendHandle } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { MeasurementError } from '../model/errors.ts'
import type { SocketHandle } from './socket-handle.ts'
import type { Answer, FromWorker, Question, ToWorker, Usage, WorkerConfig } from './worker-message.ts'

const USAGE_WAIT_MS = 1000
const END_WAIT_MS = 2000
const RESTART_AFTER_MS = 100

/** One process of the pool, from the primary's side. */
export interface Worker {
  readonly child: ChildProcess
  /** Cookies of its tests. */
  readonly cookies: Set<string>
  /** Questions that wait for an answer. */
  readonly questions: Map<number, AbortController>
  lastUsage?: Usage
}

/** The processes that do the work. A worker that dies is replaced; its tests and requests die with it. */
export class WorkerPool {
  readonly #workers = new Set<Worker>()
  /** Tests whose clients have not shown yet that they may and can: no parameters, and so no token. Oldest first. */
  readonly #unagreed = new Map<string, Worker>()
  readonly #config: WorkerConfig
  readonly #answer: (question: Question, signal: AbortSignal) => Promise<Answer>
  readonly #usages = new Map<number, (usage: Usage) => void>()
  #usageId = 0
  #turn = 0
  #closing = false

  constructor(config: WorkerConfig, answer: (question: Question, signal: AbortSignal) => Promise<Answer>) {
    this.#config = config
    this.#answer = answer
  }

  /** Starts so many processes and waits until all are up. */
  async start(processes: number): Promise<void> {
    await Promise.all(Array.from({ length: processes }, () => this.#spawn()))
  }

  /** The process ids. */
  get pids(): readonly number[] {
    return [...this.#workers].flatMap(({ child }) => child.pid ?? [])
  }

  /** Who has that test. */
  ownerOf(cookie: string): Worker | undefined {
    return [...this.#workers].find(({ cookies }) => cookies.has(cookie))
  }

  get tests(): number {
    return [...this.#workers].reduce((sum, { cookies }) => sum + cookies.size, 0)
  }

  /** The worker with the fewest tests; among equals they take turns. */
  leastLoaded(): Worker | undefined {
    const inTurn = this.#inTurn()
    return inTurn.reduce<Worker | undefined>(
      (best, worker) => (best && best.cookies.size <= worker.cookies.size ? best : worker),
      undefined,
    )
  }

  /** Whoever's turn it is. */
  next(): Worker | undefined {
    return this.#inTurn()[0]
  }

  /** Gives a worker a new test: its control connection. */
  begin(worker: Worker, cookie: string, control: SocketHandle): void {
    worker.cookies.add(cookie)
    this.#unagreed.set(cookie, worker)
    this.send(worker, { kind: 'control', cookie }, control)
  }

  /** Makes room: ends the oldest test that nothing is agreed about, if there is one. */
  dropUnagreed(): void {
    const [oldest] = this.#unagreed
    if (oldest === undefined) return
    const [cookie, worker] = oldest
    this.send(worker, { kind: 'drop', cookie })
    this.#forget(worker, cookie)
  }

  /** Sends a message, with a connection that belongs to the worker from then on. */
  send(worker: Worker, message: ToWorker, handle?: SocketHandle): void {
    // Node sends a bare handle as it is, although its types do not say so; the copy of this process is ours to close.
    if (worker.child.connected) worker.child.send(message, handle as unknown as SendHandle, () => handle?.close())
    else handle?.close()
  }

  /** What all workers have used and moved; a busy one that does not answer in time is given with its last figures. */
  async usage(): Promise<readonly { readonly worker: Worker; readonly usage: Usage }[]> {
    const all = await Promise.all([...this.#workers].map(async (worker) => ({ worker, usage: await this.#usageOf(worker) })))
    return all.flatMap(({ worker, usage }) => (usage === undefined ? [] : { worker, usage }))
  }

  /** Ends all processes; resolves when none is left. */
  async close(): Promise<void> {
    this.#closing = true
    await Promise.all(
      [...this.#workers].map(async ({ child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const exited = new Promise((resolve) => child.once('exit', resolve))
        const timer = setTimeout(() => child.kill('SIGKILL'), END_WAIT_MS)
        if (child.connected) child.disconnect()
        await exited
        clearTimeout(timer)
      }),
    )
  }

  #inTurn(): Worker[] {
    const workers = [...this.#workers]
    const first = this.#turn++ % Math.max(1, workers.length)
    return [...workers.slice(first), ...workers.slice(0, first)]
  }

  #spawn(): Promise<void> {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const program = fileURLToPath(new URL(`./worker.${extension}`, import.meta.url))
    const child = fork(program, [], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const worker: Worker = { child, cookies: new Set(), questions: new Map() }
    this.#workers.add(worker)
    return new Promise((resolve, reject) => {
      child.on('error', (error) => {
        // One that never ran does not exit either.
        if (child.pid === undefined) this.#workers.delete(worker)
        reject(error)
      })
      child.on('message', (message: FromWorker) => (message.kind === 'up' ? resolve() : this.#hear(worker, message)))
      child.once('exit', (code, signal) => {
        this.#workers.delete(worker)
        for (const cookie of worker.cookies) this.#forget(worker, cookie)
        for (const question of worker.questions.values()) question.abort()
        const how = signal ?? `exit code ${code}`
        reject(
          new MeasurementError('WORKER_DIED', `A process of the target ended (${how}).`, { hint: 'See what it wrote on standard error.' }),
        )
        this.#replace(how)
      })
      child.send({ kind: 'setup', config: this.#config } satisfies ToWorker)
    })
  }

  #forget(worker: Worker, cookie: string): void {
    worker.cookies.delete(cookie)
    if (this.#unagreed.get(cookie) === worker) this.#unagreed.delete(cookie)
  }

  #replace(how: string): void {
    if (this.#closing) return
    process.emitWarning(`A process of netfair's target ended (${how}); its tests are lost. Starting another.`, {
      code: 'NETFAIR_WORKER_DIED',
    })
    setTimeout(() => {
      // A failed start comes back here by itself.
      if (!this.#closing) this.#spawn().catch(() => {})
    }, RESTART_AFTER_MS)
  }

  #hear(worker: Worker, message: Exclude<FromWorker, { kind: 'up' }>): void {
    switch (message.kind) {
      case 'ended':
        this.#forget(worker, message.cookie)
        break
      case 'agreed':
        this.#unagreed.delete(message.cookie)
        break
      case 'usage':
        worker.lastUsage = message.usage
        this.#usages.get(message.id)?.(message.usage)
        break
      case 'ask':
        void this.#answerTo(worker, message.id, message.question)
        break
      case 'withdraw':
        worker.questions.get(message.id)?.abort()
        break
      default:
        message satisfies never
    }
  }

  async #answerTo(worker: Worker, id: number, question: Question): Promise<void> {
    const asking = new AbortController()
    worker.questions.set(id, asking)
    const answer = await this.#answer(question, asking.signal)
    worker.questions.delete(id)
    this.send(worker, { kind: 'answer', id, answer })
  }

  #usageOf(worker: Worker): Promise<Usage | undefined> {
    const id = this.#usageId++
    return new Promise((resolve) => {
      const timer = setTimeout(() => finish(worker.lastUsage), USAGE_WAIT_MS)
      const finish = (usage: Usage | undefined): void => {
        clearTimeout(timer)
        this.#usages.delete(id)
        resolve(usage)
      }
      this.#usages.set(id, finish)
      this.send(worker, { kind: 'usage', id })
    })
  }
}
