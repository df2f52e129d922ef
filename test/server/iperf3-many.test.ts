import { afterEach, expect, test } from 'vitest'
import type { Health } from '../../src/model/target.ts'
import { prepareTest } from '../../src/probes/iperf3/client.ts'
import { type StartedTarget, startTarget, type TargetOptions } from '../../src/server/target.ts'
import { localCapabilities } from '../probes/iperf3/local-capabilities.ts'
import { eventually } from './eventually.ts'
import { realClient, startRealClient } from './real-client.ts'
import { ScriptedClient } from './scripted-client.ts'

const targets: StartedTarget[] = []
afterEach(() => Promise.all(targets.splice(0).map((target) => target.dispose())))
const start = async (options: TargetOptions = {}): Promise<StartedTarget> => {
  const target = await startTarget({ port: 0, httpPort: 0, open: true, processes: 2, ...options })
  targets.push(target)
  return target
}

/** @returns bytes as our client counted them, and as the server did */
async function ourUpload(address: string, bytes: number): Promise<readonly [sent: number, received: number]> {
  const request = { address, direction: 'upload', parallel: 2, limit: { bytes }, bitsPerSecond: 2e6 } as const
  const prepared = await prepareTest(request, localCapabilities(AbortSignal.timeout(25_000)))
  const { streams, serverResults } = await prepared.start()
  const sum = (counts: readonly { readonly bytes: number }[]) => counts.reduce((total, count) => total + count.bytes, 0)
  return [sum(streams), sum(serverResults.streams)]
}

test('64 clients at once on one port, real ones and ours', async () => {
  const { target } = await start()
  const real = Array.from({ length: 32 }, (_, i) =>
    realClient(
      target.iperf3,
      '-b',
      '5M',
      '-t',
      '2',
      '-l',
      '4K',
      ...(i % 4 === 0 ? ['-R'] : i % 4 === 1 ? ['--bidir'] : i % 4 === 2 ? ['-P', '2'] : []),
    ),
  )
  const ours = Array.from({ length: 32 }, () => ourUpload(target.iperf3, 1_000_000))
  for (const { code, report } of await Promise.all(real)) {
    expect(report.error).toBeUndefined()
    expect(code).toBe(0)
    expect(report.end.sum_received.bytes / report.end.sum_sent.bytes).toBeGreaterThan(0.9)
  }
  expect(await Promise.all(ours)).toEqual(Array.from({ length: 32 }, () => [1_000_000, 1_000_000]))
}, 30_000)

test('a killed client frees its test at once, while others go on', async () => {
  const { target } = await start({ limits: { tests: 2 } })
  const other = startRealClient(target.iperf3, ['-t', '3', '-b', '10M'])
  const victim = startRealClient(target.iperf3, ['-t', '30', '-b', '10M', '-R', '-P', '2'])
  await eventually(async () => {
    const { bytesReceived, bytesSent } = (await (await fetch(`${target.http}/health`)).json()) as Health
    expect(Math.min(bytesReceived, bytesSent)).toBeGreaterThan(0)
  }, 5000)
  // Both are in: a third one is refused.
  using refused = new ScriptedClient(target.iperf3)
  await expect(refused.introduce()).rejects.toThrow(/got -1/)
  victim.child.kill('SIGKILL')
  await eventually(async () => {
    using third = new ScriptedClient(target.iperf3)
    await third.introduce()
  }, 1000)
  const { code, report } = await other.ended
  expect(code).toBe(0)
  expect(report.error).toBeUndefined()
}, 20_000)

test('a real client beyond the number of tests is told that the server is busy', async () => {
  const { target } = await start({ limits: { tests: 1 } })
  using first = new ScriptedClient(target.iperf3)
  await first.begin({})
  const { report } = await realClient(target.iperf3, '-t', '1')
  expect(report.error).toContain('the server is busy')
})

test('parallel streams of one test meet in one process', async () => {
  const { target } = await start({ processes: 3 })
  const runs = await Promise.all(
    Array.from({ length: 6 }, () => realClient(target.iperf3, '-n', '2M', '-P', '8', '-b', '50M', '-l', '16K')),
  )
  for (const { report } of runs) {
    expect(report.error).toBeUndefined()
    expect(report.end.sum_received.bytes).toBe(report.end.sum_sent.bytes)
  }
}, 20_000)
