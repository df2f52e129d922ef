import { MeasurementError } from '../../model/errors.ts'
import { redact } from '../../model/redact.ts'
import type { AgentMessage, AgentReply, AgentRequest, Task } from '../../model/task.ts'
import type { AgentChild } from './agent-child.ts'
import { keepTail, onLines, parseLine } from './line-reader.ts'

/** At the smallest CPU share a start takes two seconds; many at once share the cores. */
const READY_TIMEOUT_MS = 60_000
/** An agent ends its own task at the deadline; after this much more it is taken for stuck. */
const GRACE_MS = 2000
/** Where the agents of one sandbox start. */
export interface AgentPlace {
  /** For messages: `host-0/3`. */
  readonly label: string
  /** Starts an agent; it says when it is ready. */
  start(): AgentChild
  /** What no message may hold, whatever the agent says. */
  readonly secrets: readonly (string | undefined)[]
  /** How often the sandbox ran out of memory. */
  oomKills(): number
}

/** One agent, from its start to its end. It takes one task at a time. */
export class AgentProcess {
  readonly #place: AgentPlace
  readonly #child: AgentChild
  readonly #oomKillsBefore: number
  readonly #said: () => string
  readonly #ended = Promise.withResolvers<string>()
  readonly #ready = Promise.withResolvers<void>()
  #alive = true
  #ending = false
  #lastId = 0
  #waiting: { readonly id: number; resolve(reply: AgentReply): void } | undefined

  private constructor(place: AgentPlace) {
    this.#place = place
    this.#oomKillsBefore = place.oomKills()
    this.#child = place.start()
    this.#said = keepTail(this.#child.stderr)
    onLines(this.#child.stdout, (line) => this.#receive(parseLine(line)))
    void this.#child.ended.then((how) => this.#end(how))
  }

  /**
   * Starts an agent and waits until it is ready.
   * @throws MeasurementError `AGENT_DIED`; whatever the signal's reason is when it aborts
   */
  static async start(place: AgentPlace, signal?: AbortSignal): Promise<AgentProcess> {
    const agent = new AgentProcess(place)
    const late = `was not ready within ${READY_TIMEOUT_MS / 1000} s and was killed`
    try {
      await agent.#race(agent.#ready.promise, { timeoutMs: READY_TIMEOUT_MS, late: () => agent.#death(late), signal })
      return agent
    } catch (error) {
      await agent.kill()
      throw error
    }
  }

  /** Whether it can take a task: it lives and has not been told to end. */
  get usable(): boolean {
    return this.#alive && !this.#ending
  }

  /**
   * Runs a task. Whatever goes wrong, the agent is dead afterwards.
   * @throws MeasurementError `AGENT_DIED`, `INVOCATION_TIMEOUT`, `INVOCATION_ABORTED`
   */
  async run(task: Task, signal?: AbortSignal): Promise<AgentReply> {
    const id = ++this.#lastId
    const { promise, resolve } = Promise.withResolvers<AgentReply>()
    this.#waiting = { id, resolve }
    try {
      this.#child.stdin.write(`${JSON.stringify({ id, task } satisfies AgentRequest)}\n`)
      return await this.#race(promise, { timeoutMs: task.deadlineMs + GRACE_MS, late: () => this.#timeout(task), signal })
    } catch (error) {
      this.#signalEnd()
      throw error
    } finally {
      this.#waiting = undefined
    }
  }

  /** Ends it at once and waits until it is gone. */
  async kill(): Promise<void> {
    this.#signalEnd()
    await this.#ended.promise
  }

  #signalEnd(): void {
    this.#ending = true
    if (this.#alive) this.#child.kill()
  }

  /** The first of: what is waited for, the agent's end, the time limit, an abort. */
  async #race<Value>(
    awaited: Promise<Value>,
    { timeoutMs, late, signal }: { timeoutMs: number; late: () => MeasurementError; signal: AbortSignal | undefined },
  ): Promise<Value> {
    const broken = Promise.withResolvers<never>()
    const abort = (): void => broken.reject(aborted(this.#place.label, signal?.reason))
    const timer = setTimeout(() => broken.reject(late()), timeoutMs)
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
    const end = this.#ended.promise.then((how) => Promise.reject(this.#death(how)))
    end.catch(() => {})
    try {
      return await Promise.race([awaited, end, broken.promise])
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }

  #receive(message: unknown): void {
    const { kind, ...rest } = (typeof message === 'object' && message !== null ? message : {}) as Partial<AgentMessage>
    if (kind === 'ready') this.#ready.resolve()
    if (kind !== 'reply') return
    const { id, reply } = rest as { readonly id?: number; readonly reply?: AgentReply }
    if (id === this.#waiting?.id && Array.isArray(reply?.samples)) this.#waiting?.resolve(reply)
  }

  #end(how: string): void {
    this.#alive = false
    this.#ended.resolve(this.#place.oomKills() > this.#oomKillsBefore ? `${how}: out of memory, its limit was reached` : how)
  }

  #death(how: string): MeasurementError {
    const said = redact(this.#said(), this.#place.secrets)
    return new MeasurementError('AGENT_DIED', `The agent ${this.#place.label} ${how}.${said ? ` It said: ${said}` : ''}`, {
      hint: how.includes('out of memory')
        ? 'Give the function more memory, or the probe less to hold.'
        : 'Read what it said; the next task gets a new agent.',
    })
  }

  #timeout({ deadlineMs }: Task): MeasurementError {
    const waited = (deadlineMs + GRACE_MS) / 1000
    return new MeasurementError('INVOCATION_TIMEOUT', `The agent ${this.#place.label} did not answer within ${waited} s and was killed.`, {
      hint: 'Give the task a longer deadline, or the function more memory and so more CPU.',
    })
  }
}

function aborted(label: string, cause: unknown): MeasurementError {
  return new MeasurementError('INVOCATION_ABORTED', `The agent ${label} was ended because the run was aborted.`, {
    hint: 'Nothing to do: this was asked for.',
    cause,
  })
}
