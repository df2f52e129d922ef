import { expect } from 'vitest'
import { createCapabilities } from '../../../src/agent/capabilities.ts'
import type { CommonClock } from '../../../src/agent/common-clock.ts'
import type { Measurement } from '../../../src/model/probe.ts'
import type { Target } from '../../../src/model/target.ts'
import { commonMs } from '../../../src/model/units.ts'
import { type HttpDownloadOptions, httpDownload } from '../../../src/probes/http-download/http-download.ts'
import { type HttpDownloadParams, httpDownloadProbe } from '../../../src/probes/http-download/measure.ts'

/** A target that is not there. */
export const nowhere: Target = { iperf3: '127.0.0.1:9', http: 'http://127.0.0.1:9', token: 'T0ken' }
export const clock: CommonClock = {
  now: () => commonMs(performance.timeOrigin + performance.now()),
  uncertaintyMs: () => 0,
  offsetMs: performance.timeOrigin,
  fromTarget: commonMs,
}

/** As the agent runs it: what the probe names is allowed, and nothing else. */
export async function measure(options: HttpDownloadOptions, target: Target = nowhere): Promise<Measurement> {
  const { params, origins = [] } = httpDownload(options)
  const allowedTargets = [target.iperf3, target.http, ...origins]
  const capabilities = createCapabilities({ allowedTargets, clock, signal: AbortSignal.timeout(20_000) })
  const context = { params: params as unknown as HttpDownloadParams, direction: 'download', target, capabilities } as const
  const prepared = await httpDownloadProbe.prepare?.(context)
  if (prepared === undefined) throw new Error('not prepared')
  const [measurement] = await httpDownloadProbe.run(context, prepared)
  if (measurement === undefined) throw new Error('not measured')
  const { bytes, startedAtMs, endedAtMs, intervals = [] } = measurement
  expect(intervals.reduce((sum, interval) => sum + interval[2], 0)).toBe(bytes)
  expect(intervals[0]?.[0]).toBeGreaterThanOrEqual(startedAtMs)
  expect(intervals.at(-1)?.[1]).toBeLessThanOrEqual(endedAtMs)
  return measurement
}
