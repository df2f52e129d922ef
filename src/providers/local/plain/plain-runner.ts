import type { DeployRequest } from '../../provider.ts'
import { type AgentChild, spawnTagged } from '../agent-child.ts'
import type { Runner } from '../runner.ts'
import { nodeFlags } from '../sandbox-limits.ts'
import type { SandboxPlace } from '../topology.ts'

/** The target ends by itself when its input closes; after this time it is killed. */
const END_TIMEOUT_MS = 5000

/** Agents as child processes of this one, with no limit but that of their heaps. Needs nothing of the system that Node does not give. */
export class PlainRunner implements Runner {
  readonly #run: string
  #target: AgentChild | undefined

  constructor(run: string) {
    this.#run = run
  }

  async open(): Promise<void> {}

  startTarget(command: readonly string[]): AgentChild {
    this.#target = spawnTagged(this.#run, command)
    return this.#target
  }

  async makeNamespaces(): Promise<void> {}

  agentPlace({ host, index }: SandboxPlace, { memoryMb, agent }: DeployRequest): ReturnType<Runner['agentPlace']> {
    const { bundle, ...config } = agent
    const command = [process.execPath, ...nodeFlags(memoryMb), bundle]
    const environment = { NETFAIR_AGENT: JSON.stringify(config) }
    return { label: `host-${host}/${index}`, start: () => spawnTagged(this.#run, command, environment), oomKills: () => 0 }
  }

  /** Its sandboxes are their agents, and those are dead by now. */
  async remove(): Promise<void> {}

  async close(): Promise<void> {
    const target = this.#target
    if (target === undefined) return
    const timer = setTimeout(() => target.kill(), END_TIMEOUT_MS)
    target.stdin.end()
    await target.ended
    clearTimeout(timer)
  }
}
