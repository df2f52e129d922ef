import type { AgentChild } from '../../src/providers/local/agent-child.ts'

/** Where a test bed starts its instances: on loopback, or each in a sandbox behind the shaped uplink of a local lab. */
export interface InstanceHost extends AsyncDisposable {
  /** Starts a program; what starts it talks to it by Unix sockets (paths cross network namespaces, ports do not). Ended when the host is disposed. */
  start(launch: InstanceLaunch): Promise<AgentChild>
}

export interface InstanceLaunch {
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly memoryMb: number
}
