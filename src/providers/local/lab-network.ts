import type { Target } from '../../model/target.ts'
import type { SandboxPlace } from './topology.ts'

/** What lies between the functions of a lab and its target: hosts, their uplinks, and the way in which functions share them. */
export interface LabNetwork {
  /** Where the target listens. */
  readonly serverAddress: string
  /** This process reaches that address, too, so that the target needs no Unix socket. */
  readonly reachesServer?: boolean
  /** Makes hosts and server, without sandboxes. */
  build(): Promise<void>
  /** Called once the target listens. */
  connect?(target: Target): Promise<void>
  /** How many sandboxes a host has. */
  occupied(host: number): number
  /**
   * Adds sandboxes, `counts[host]` on each host.
   * @param makeNamespaces - makes the network namespaces that they are to be in
   */
  add(counts: readonly number[], makeNamespaces: (places: readonly SandboxPlace[]) => Promise<void>): Promise<SandboxPlace[]>
  /** Removes sandboxes; what is gone already is fine. */
  remove(places: readonly SandboxPlace[]): Promise<void>
  /** The target as a sandbox reaches it, where that is not by the target's own address. */
  asSeenFrom?(place: SandboxPlace, target: Target): Target
  /** Ends what it keeps running. */
  close?(): Promise<void>
}
