import type { DeployRequest } from '../provider.ts'
import type { AgentChild } from './agent-child.ts'
import type { AgentPlace } from './agent-process.ts'
import type { SandboxPlace } from './topology.ts'

/** What runs the programs of a lab and holds each to its limits. */
export interface Runner {
  /** Once, before anything else. */
  open(): Promise<void>
  /** Starts the target. */
  startTarget(command: readonly string[]): AgentChild
  /** Makes the network namespaces of new sandboxes, under their names. */
  makeNamespaces(places: readonly SandboxPlace[], request: DeployRequest): Promise<void>
  /** Where the agents of a sandbox start. */
  agentPlace(place: SandboxPlace, request: DeployRequest): Omit<AgentPlace, 'secrets'>
  /** Ends whatever still runs in sandboxes; what is gone already is fine. */
  remove(places: readonly SandboxPlace[]): Promise<void>
  /** Ends what else it has started, where that does not go with the network. */
  close?(): Promise<void>
}
