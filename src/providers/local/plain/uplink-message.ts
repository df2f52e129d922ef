import type { Policy } from './shaper.ts'

/** What the thread of the uplinks is started with. */
export interface UplinkSetup {
  readonly policy: Policy
  readonly hosts: number
}

/** To the thread: give a function ports of its own on its host's uplink, one for each port of the target; or take them away. */
export type ToUplink =
  | { readonly kind: 'open'; readonly name: string; readonly host: number; readonly targetPorts: readonly number[] }
  | { readonly kind: 'close'; readonly name: string }

/** From the thread: the ports of a function, in the order of the target's; or why there are none. */
export type FromUplink =
  | { readonly kind: 'opened'; readonly name: string; readonly ports: readonly number[] }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string }
