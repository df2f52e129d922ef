import type { ProbeCode } from '../model/probe.ts'
import { iperf3Probe } from './iperf3/measure.ts'

/** The code of the probes that every agent carries, by name. */
export const builtInProbes: ReadonlyMap<string, ProbeCode<unknown, unknown>> = new Map([
  [iperf3Probe.name, iperf3Probe as ProbeCode<unknown, unknown>],
])
