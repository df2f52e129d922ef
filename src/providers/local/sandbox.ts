import { MeasurementError } from '../../model/errors.ts'
import type { Target } from '../../model/target.ts'
import type { AgentReply, Task } from '../../model/task.ts'
import { type AgentPlace, AgentProcess } from './agent-process.ts'
import type { SandboxPlace } from './topology.ts'

/** A function instance: a namespace, a cgroup, and the agent in them; a new agent when the last one died. */
export class Sandbox {
  readonly place: SandboxPlace
  readonly #agentPlace: AgentPlace
  readonly #target: Target | undefined
  #agent: AgentProcess | undefined
  #busy = false

  /** @param target - as this sandbox reaches it, where that is not by the addresses that tasks name */
  constructor(place: SandboxPlace, agentPlace: AgentPlace, target?: Target) {
    this.place = place
    this.#agentPlace = agentPlace
    this.#target = target
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
      return await agent.run(this.#target === undefined ? task : { ...task, target: this.#target }, signal)
    } finally {
      this.#busy = false
    }
  }

  /** Ends its agent and waits until it is gone. */
  async kill(): Promise<void> {
    await this.#agent?.kill()
  }
}
