import type { ProbeCode } from '../model/probe.ts'
import { httpDownloadProbe } from './http-download/measure.ts'
import { iperf3Probe } from './iperf3/measure.ts'

/** The code of the probes that every agent carries, by name. */
export const builtInProbes: ReadonlyMap<string, ProbeCode<unknown, unknown>> = new Map([
  [httpDownloadProbe.name, httpDownloadProbe as ProbeCode<unknown, unknown>],
  [iperf3Probe.name, iperf3Probe as ProbeCode<unknown, unknown>],
])
