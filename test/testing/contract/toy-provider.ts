import { setTimeout as sleep } from 'node:timers/promises'
import { InputError, MeasurementError, type NetfairError } from '../../../src/model/errors.ts'
import type { Sample } from '../../../src/model/journal-record.ts'
import { isSealedWith } from '../../../src/model/sealed-task.ts'
import type { AgentReply, Task } from '../../../src/model/task.ts'
import type { Deployment, DeployRequest, InvocationResult, InvokeOptions, Provider } from '../../../src/providers/provider.ts'
import type { Act, ContractSetting } from '../../../src/testing/index.ts'

/** A fault that breaks one clause. */
export type Fault =
  | 'options with a secret'
  | 'check that makes'
  | 'any memory size'
  | 'any concurrency'
  | 'ready without credentials'
  | 'one memory size for all'
  | 'one instance for all'
  | 'answers mixed up'
  | 'any secret'
  | 'failed probe thrown'
  | 'death as a result'
  | 'dead for good'
  | 'deaf to aborts'
  | 'waits for ever'
  | 'nothing billed'
  | 'answers after disposal'
  | 'disposal waits'
  | 'disposal only once'
  | 'disposal forgets'
  | 'failed deployment stays'
  | 'aborted deployment stays'
  | 'cleanup of everything'
  | 'cleanup of nothing'
  | 'cleanup of all ages'
  | 'no hints'
  | 'talkative'

export const CREDENTIAL = 'toy-credential-8c1f'
const TARGET = { iperf3: 'toy:1', http: 'http://toy:2', token: 'toy-token-41d7' }

/** A platform in memory: what is on it, and since when whose. */
interface Resource {
  readonly name: string
  readonly ownerAlive: boolean
}

/** A whole platform with its provider in this process, and one fault or none. */
export class Toy {
  readonly provider: Provider
  readonly setting: ContractSetting
  readonly #fault: Fault | undefined
  readonly #resources = new Set<Resource>()
  #made = 0

  constructor(fault?: Fault) {
    this.#fault = fault
    this.provider = {
      name: 'toy',
      options: { region: 'nowhere', ...(fault === 'options with a secret' && { key: CREDENTIAL }) },
      supports: () => true,
      check: async ({ memoryMb = [], concurrency = 1 } = {}) => {
        if (fault === 'check that makes') this.#make()
        for (const size of memoryMb) this.#refuse(size, concurrency)
        return { name: 'toy', environment: { kernel: 'none' } }
      },
      deploy: (request) => this.#deploy(request),
      cleanup: async ({ olderThanMs = 0 } = {}) => this.#cleanup(olderThanMs),
    }
    this.setting = {
      bundle: 'toy-agent.mjs',
      memoryMb: [128, 256],
      refused: { memoryMb: 100, concurrency: 11 },
      target: TARGET,
      billed: true,
      secrets: [CREDENTIAL],
      unready: [this.#unready()],
      remains: async () => [...this.#resources].map(({ name }) => name),
      abandon: async () => void this.#make(false),
      deployBroken: (request) => this.#deploy({ ...request, agent: { ...request.agent, bundle: 'broken.mjs' } }),
      promptMs: 150,
      graceMs: 150,
      settleMs: 0,
    }
  }

  has(fault: Fault): boolean {
    return this.#fault === fault
  }

  error(kind: typeof InputError | typeof MeasurementError, code: string, message: string): NetfairError {
    const said = this.has('talkative') ? `${message} (with ${CREDENTIAL})` : message
    return new kind(code, said, { hint: this.has('no hints') ? '' : 'Ask the toy maker.' })
  }

  #make(ownerAlive = true): Resource {
    const resource = { name: `resource-${++this.#made}`, ownerAlive }
    this.#resources.add(resource)
    return resource
  }

  remove(resource: Resource): void {
    this.#resources.delete(resource)
  }

  #refuse(memoryMb: number, concurrency: number): void {
    const offered = [128, 256, 512].includes(memoryMb) || this.has('any memory size')
    if (!offered) throw this.error(InputError, 'INVALID_MEMORY', `toy() has no ${memoryMb} MB; the nearest size is 128.`)
    if (concurrency <= 10 || this.has('any concurrency')) return
    throw this.error(InputError, 'INVALID_CONCURRENCY', `${concurrency} at once are too many; this account may have 10.`)
  }

  async #deploy({ memoryMb, concurrency, agent, signal }: DeployRequest): Promise<Deployment> {
    this.#refuse(memoryMb, concurrency)
    const resource = this.#make()
    await sleep(5)
    if (agent.bundle === 'broken.mjs') {
      if (!this.has('failed deployment stays')) this.remove(resource)
      throw this.error(MeasurementError, 'DEPLOY_FAILED', 'The agent does not start.')
    }
    if (signal?.aborted) {
      if (!this.has('aborted deployment stays')) this.remove(resource)
      throw this.error(MeasurementError, 'RUN_ABORTED', 'The run was aborted.')
    }
    return new ToyDeployment(this, this.has('one memory size for all') ? 128 : memoryMb, agent.secret, resource)
  }

  #cleanup(olderThanMs: number): string[] {
    if (this.has('cleanup of nothing') || (olderThanMs > 0 && !this.has('cleanup of all ages'))) return []
    const mine = [...this.#resources].filter(({ ownerAlive }) => !ownerAlive || this.has('cleanup of everything'))
    for (const resource of mine) this.remove(resource)
    return mine.map(({ name }) => name)
  }

  #unready(): Provider {
    const check = async (): ReturnType<Provider['check']> => {
      if (this.has('ready without credentials')) return { name: 'toy', environment: {} }
      throw this.error(InputError, 'CREDENTIALS_MISSING', 'toy() finds no credentials.')
    }
    return { name: 'toy', options: {}, supports: () => true, check, deploy: () => Promise.reject(), cleanup: async () => [] }
  }
}

class ToyDeployment implements Deployment {
  readonly memoryMb: number
  readonly #toy: Toy
  readonly #secret: string
  readonly #resource: Resource
  readonly #ending = new AbortController()
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #busy = new Set<number>()
  #dead = false

  constructor(toy: Toy, memoryMb: number, secret: string, resource: Resource) {
    this.#toy = toy
    this.memoryMb = memoryMb
    this.#secret = secret
    this.#resource = resource
  }

  async invoke(task: Task, { signal }: InvokeOptions): Promise<InvocationResult> {
    if (this.#ending.signal.aborted && !this.#toy.has('answers after disposal')) throw this.#gone()
    if (this.#dead) throw this.#toy.error(MeasurementError, 'AGENT_DIED', 'The agent is dead.')
    const work = this.#run(task, signal)
    this.#underWay.add(work)
    try {
      return { ...(await work), ...(!this.#toy.has('nothing billed') && { billedMs: 1 }) }
    } finally {
      this.#underWay.delete(work)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ending.signal.aborted && this.#toy.has('disposal only once'))
      throw this.#toy.error(MeasurementError, 'DEPLOYMENT_GONE', 'There is nothing to dispose of.')
    if (!this.#toy.has('disposal waits')) this.#ending.abort()
    await Promise.allSettled(this.#underWay)
    this.#ending.abort()
    if (!this.#toy.has('disposal forgets')) this.#toy.remove(this.#resource)
  }

  async #run(task: Task, signal: AbortSignal | undefined): Promise<AgentReply> {
    const instance = this.#toy.has('one instance for all') ? 0 : this.#free()
    this.#busy.add(instance)
    try {
      return await this.#act(task, `instance-${instance}`, signal)
    } finally {
      this.#busy.delete(instance)
    }
  }

  #free(): number {
    let instance = 0
    while (this.#busy.has(instance)) instance++
    return instance
  }

  async #act(task: Task, instance: string, signal: AbortSignal | undefined): Promise<AgentReply> {
    const { act } = task.probe.params as { readonly act: Act }
    if (!isSealedWith(this.#secret, task) && !this.#toy.has('any secret')) return replyTo(task, { instance, failure: 'TASK_REFUSED' })
    if (act === 'die') return this.#die(task, instance)
    if (act === 'fail' && this.#toy.has('failed probe thrown')) throw this.#toy.error(MeasurementError, 'PROBE_FAILED', 'It failed.')
    if (act === 'fail') return replyTo(task, { instance, failure: 'PROBE_FAILED' })
    if (act === 'answer') return replyTo(task, { instance, invocation: this.#toy.has('answers mixed up') ? 0 : task.invocation })
    const deadlineMs = act === 'hang' || this.#toy.has('waits for ever') ? undefined : task.deadlineMs
    return this.#stand(deadlineMs, this.#toy.has('deaf to aborts') ? undefined : signal)
  }

  #die(task: Task, instance: string): AgentReply {
    if (this.#toy.has('death as a result')) return replyTo(task, { instance, failure: 'AGENT_DIED' })
    this.#dead = this.#toy.has('dead for good')
    throw this.#toy.error(MeasurementError, 'AGENT_DIED', 'The agent died.')
  }

  /** Until the deadline, an abort or the disposal. */
  #stand(deadlineMs: number | undefined, signal: AbortSignal | undefined): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>()
    const late = () => reject(this.#toy.error(MeasurementError, 'INVOCATION_TIMEOUT', 'The agent did not answer.'))
    const aborted = () => reject(this.#toy.error(MeasurementError, 'INVOCATION_ABORTED', 'The run was aborted.'))
    if (deadlineMs !== undefined) setTimeout(late, deadlineMs / 100)
    signal?.addEventListener('abort', aborted)
    if (signal?.aborted) aborted()
    this.#ending.signal.addEventListener('abort', () => reject(this.#gone()))
    return promise
  }

  #gone(): NetfairError {
    return this.#toy.error(MeasurementError, 'DEPLOYMENT_GONE', 'The deployment was removed.')
  }
}

function replyTo(
  task: Task,
  { instance, failure, invocation = task.invocation }: { instance: string; failure?: string; invocation?: number },
): AgentReply {
  const { round, attempt } = task
  const shared = { type: 'sample', round, attempt, invocation, direction: 'download', instance } as const
  const sample: Sample =
    failure === undefined
      ? { ...shared, outcome: 'completed', startedAtMs: 1, endedAtMs: 2, bytes: 0 }
      : { ...shared, outcome: failure === 'TASK_REFUSED' ? 'not-run' : 'failed', error: { code: failure, message: 'It did not work.' } }
  return { samples: [sample] }
}
