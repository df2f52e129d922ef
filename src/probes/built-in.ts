import type { ProbeCode } from '../model/probe.ts'
import { contentionProbe } from './contention/measure.ts'
import { httpDownloadProbe } from './http-download/measure.ts'
import { iperf3Probe } from './iperf3/measure.ts'
import { latencyProbe } from './latency/measure.ts'
import { objectDownloadProbe, objectUploadProbe } from './object-storage/measure.ts'

/** Probes that move bulk bytes: those that another probe may run as its load. */
const bandwidthProbes: ReadonlyMap<string, ProbeCode<unknown, unknown>> = new Map([
  [httpDownloadProbe.name, httpDownloadProbe as ProbeCode<unknown, unknown>],
  [iperf3Probe.name, iperf3Probe as ProbeCode<unknown, unknown>],
])
const latency = latencyProbe(bandwidthProbes) as ProbeCode<unknown, unknown>
const contention = contentionProbe as ProbeCode<unknown, unknown>

/** The code of the probes that every agent carries, by name. */
export const builtInProbes: ReadonlyMap<string, ProbeCode<unknown, unknown>> = new Map([
  ...bandwidthProbes,
  [latency.name, latency],
  [contention.name, contention],
  [objectDownloadProbe.name, objectDownloadProbe as ProbeCode<unknown, unknown>],
  [objectUploadProbe.name, objectUploadProbe as ProbeCode<unknown, unknown>],
])
