import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAgent } from '../../src/agent/agent.ts'
import type { Target } from '../../src/model/target.ts'
import { builtInProbes } from '../../src/probes/built-in.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { type StartedTarget, startTarget } from '../../src/server/target.ts'
import { configFor, sampleOf, taskFor } from './task.ts'

/** The clock of the rendezvous is so far ahead of that of the target that takes the bytes. */
const AHEAD_MS = 3_600_000

let started: StartedTarget
let ahead: Server
let rendezvous: Target
beforeAll(async () => {
  started = await startTarget({ port: 0, httpPort: 0, processes: 1 })
  ahead = machineAhead(started.target).listen(0, '127.0.0.1')
  await once(ahead, 'listening')
  rendezvous = { ...started.target, http: `http://127.0.0.1:${(ahead.address() as AddressInfo).port}` }
})
afterAll(async () => {
  ahead?.closeAllConnections()
  ahead?.close()
  await started?.dispose()
})

/** The same target as on a machine whose clock is ahead: every instant that it names is later. */
function machineAhead({ http, token }: Target): Server {
  return createServer(async (request, response) => {
    const chunks = await request.toArray()
    const { method = 'GET', url = '/' } = request
    const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }
    const answer = await fetch(new URL(url, http), { method, headers: { authorization: `Bearer ${token}` }, ...body })
    const text = (await answer.text()).replace(/("(?:epochMs|startAtMs)":)([\d.]+)/g, (_, key, ms) => `${key}${Number(ms) + AHEAD_MS}`)
    response.writeHead(answer.status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
  })
}

test.each(['upload', 'download', 'both'] as const)(
  '%s to a target with another clock: the series is on the clock of the rendezvous',
  async (direction) => {
    const config = configFor(started.target)
    const allowedTargets = [...config.allowedTargets, rendezvous.http]
    const agent = createAgent({ ...config, allowedTargets }, { probes: builtInProbes })
    const probe = iperf3({ seconds: 0.5, bitsPerSecond: 20e6 })
    const reply = await agent.handle(taskFor(started.target, { direction, probe, rendezvous, targetIndex: 1 }))
    for (const sample of direction === 'both' ? reply.samples : [sampleOf(reply)]) {
      expect(sample).toMatchObject({ outcome: 'completed', intervals: expect.anything() })
      const { startAtMs = 0 } = reply
      const [fromMs, toMs] = [sample.startedAtMs ?? 0, sample.endedAtMs ?? 0]
      expect(startAtMs).toBeGreaterThan(Date.now() + AHEAD_MS - 60_000)
      expect(Math.abs(fromMs - startAtMs)).toBeLessThan(2000)
      expect(toMs - fromMs).toBeGreaterThan(200)
      expect(toMs - fromMs).toBeLessThan(5000)
      if (sample.outcome === 'completed') expect(sample.intervals?.[0]?.[0]).toBeGreaterThanOrEqual(fromMs - 1)
    }
  },
)
