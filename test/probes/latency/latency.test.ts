import { expect, test } from 'vitest'
import type { Probe } from '../../../src/model/probe.ts'
import { builtInProbes } from '../../../src/probes/built-in.ts'
import { defineProbe } from '../../../src/probes/define-probe.ts'
import { httpDownload } from '../../../src/probes/http-download/http-download.ts'
import { iperf3 } from '../../../src/probes/iperf3/iperf3.ts'
import { type LatencyOptions, latency } from '../../../src/probes/latency/latency.ts'

const refusal = (options: object): unknown => {
  try {
    return latency(options as LatencyOptions)
  } catch (error) {
    return error
  }
}

test('alone: two seconds, a ping every 20 ms', () => {
  const probe = latency()
  expect(probe).toMatchObject({ name: 'latency', expectedMs: 2000, warmUpMs: 200 })
  expect(probe.params).toEqual({ seconds: 2, intervalMs: 20, warmUpMs: 200 })
  expect(probe.withParams({ seconds: 5, intervalMs: 1 }).params).toEqual({ seconds: 5, intervalMs: 1, warmUpMs: 200 })
  expect(builtInProbes.get(probe.name)?.version).toBe(probe.version)
})

test('beside a load: as long as that runs, its warm-up, and its parameters for the journal', () => {
  const load = iperf3({ seconds: 3, omitSeconds: 1, parallel: 4 })
  const probe = latency({ load })
  expect(probe).toMatchObject({ expectedMs: 4000, warmUpMs: 1000 })
  expect(JSON.parse(JSON.stringify(probe.params))).toEqual({
    seconds: 4,
    intervalMs: 20,
    warmUpMs: 1000,
    load: { name: 'iperf3', version: load.version, params: load.params },
  })
  expect(latency({ seconds: 1, warmUpMs: 0, load })).toMatchObject({ expectedMs: 4000, warmUpMs: 0 })
})

test('a factor may be a parameter of the load', () => {
  const loadOf = ({ params }: Probe): unknown => (params['load'] as { params: unknown }).params
  const probe = latency({ load: iperf3({ seconds: 1 }) })
  expect(loadOf(probe.withParams({ parallel: 8 }))).toMatchObject({ parallel: 8, seconds: 1 })
  expect(probe.withParams({ intervalMs: 5 }).params).toMatchObject({ intervalMs: 5 })
  expect(() => probe.withParams({ paralel: 8 })).toThrow(expect.objectContaining({ code: 'UNKNOWN_OPTION' }))
  expect(() => latency().withParams({ parallel: 8 })).toThrow(expect.objectContaining({ code: 'UNKNOWN_OPTION' }))
})

test.each([
  ['no time', { seconds: 0 }, 'seconds'],
  ['pings faster than a timer', { intervalMs: 0.5 }, 'intervalMs'],
  ['less than no warm-up', { warmUpMs: -1 }, 'warmUpMs'],
  ['a warm-up as long as the pings', { seconds: 1, warmUpMs: 1000 }, 'warmUpMs" is 1000 and the pings last 1000 ms'],
  [
    'a warm-up as long as the load',
    { seconds: 9, warmUpMs: 1000, load: iperf3({ seconds: 1 }) },
    'warmUpMs" is 1000 and the pings last 1000',
  ],
  ['less time than the default warm-up', { seconds: 0.1 }, 'warmUpMs" is 200 and the pings last 100 ms'],
  ['a load that is no probe', { load: { seconds: 1 } }, 'load'],
])('refuses %s', (_, options, key) => {
  expect(refusal(options)).toMatchObject({ name: 'InputError', message: expect.stringContaining(`"${key}`) })
})

test('measures what its load can measure, and goes where that goes', () => {
  const load = httpDownload({ url: 'https://bytes.example/file' })
  expect(latency({ load })).toMatchObject({ directions: ['download'], origins: ['https://bytes.example'] })
})

test('refuses as load what moves no bytes, and probes of one’s own, which the agent’s latency cannot run', () => {
  const own = defineProbe({ name: 'dns-lookup', version: '1.0.0', params: {}, module: import.meta.url, run: async () => [] })
  expect(refusal({ load: latency() })).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining('moves no bytes') })
  expect(refusal({ load: own() })).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining('not built in') })
})
