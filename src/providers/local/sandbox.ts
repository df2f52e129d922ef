import { MeasurementError } from '../../model/errors.ts'
import { isSealedWith, sealTask } from '../../model/sealed-task.ts'
import type { Target } from '../../model/target.ts'
import type { AgentReply, Task } from '../../model/task.ts'
import { type AgentPlace, AgentProcess } from './agent-process.ts'
import type { SandboxPlace } from './topology.ts'

/** How a sandbox reaches the target, where that is not by the addresses that tasks name. */
export interface Reach {
  readonly target: Target
  /** Seals the changed tasks. */
  readonly secret: string
}

/** A function instance: a namespace, a cgroup, and the agent in them; a new agent when the last one died. */
export class Sandbox {
  readonly place: SandboxPlace
  readonly #agentPlace: AgentPlace
  readonly #reach: Reach | undefined
  #agent: AgentProcess | undefined
  #busy = false

  constructor(place: SandboxPlace, agentPlace: AgentPlace, reach?: Reach) {
    this.place = place
    this.#agentPlace = agentPlace
    this.#reach = reach
  }

  /** Has a live agent when it resolves. */
  async warm(signal?: AbortSignal): Promise<AgentProcess> {
    if (this.#agent?.usable) return this.#agent
    await this.kill()
    this.#agent = await AgentProcess.start(this.#agentPlace, signal)
    return this.#agent
  }

  /** @throws MeasurementError `AGENT_DIED`, `INVOCATION_TIMEOUT`, `INVOCATION_ABORTED`, `INVOCATION_BUSY` */
  async invoke(task: Task, signal?: AbortSignal): Promise<AgentReply> {
    if (this.#busy) {
      throw new MeasurementError('INVOCATION_BUSY', `The agent ${this.#agentPlace.label} has not finished its last task.`, {
        hint: 'Wait for an invocation before the next one of the same number.',
      })
    }
    this.#busy = true
    try {
      const agent = await this.warm(signal)
      return await agent.run(readdressed(task, this.#reach), signal)
    } finally {
      this.#busy = false
    }
  }

  /** Ends its agent and waits until it is gone. */
  async kill(): Promise<void> {
    await this.#agent?.kill()
  }
}

/** Only a task that the agent would take: any other stays as it is, and is refused. */
function readdressed(task: Task, reach: Reach | undefined): Task {
  if (reach === undefined || !isSealedWith(reach.secret, task)) return task
  return sealTask({ ...task, target: reach.target }, reach.secret)
}
