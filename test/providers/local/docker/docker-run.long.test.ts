import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { iperf3 } from '../../../../src/probes/iperf3/iperf3.ts'
import { local } from '../../../../src/providers/local.ts'
import { defineExperiment } from '../../../../src/run/experiment.ts'
import { run } from '../../../../src/run/run.ts'
import { own } from '../../../agent/own-probe.ts'
import { start } from '../../../cli/netfair.ts'
import { hungry } from '../../../run/fixtures/hungry-probe.ts'
import { leftOf } from '../../../run/lab.ts'
import { daemonOfThisFile } from './test-daemon.ts'

const uplink = { sharing: 'fifo', uplinkBitsPerSecond: 100e6, runner: 'docker' } as const
const daemon = daemonOfThisFile()
let folder: string

beforeAll(() => {
  // Below the checkout, so that experiment files find the package by its name.
  mkdirSync('coverage', { recursive: true })
  folder = mkdtempSync('coverage/docker-')
})
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(async () => {
  expect(await daemon.holds()).toEqual([])
  expect(leftOf(process.pid)).toEqual([])
})

test('a whole run: what functions used is measured inside of their containers', async () => {
  const shape = { memoryMb: [128], concurrency: [1, 2], repetitions: 1 }
  const journal = await run(defineExperiment({ provider: local(uplink), probe: iperf3({ seconds: 1 }), ...shape }))
  expect(journal.experiment).toMatchObject({ provider: { tier: 'privileged' }, environment: { runner: 'docker' } })
  expect(journal.samples.length).toBeGreaterThanOrEqual(3)
  for (const sample of journal.samples) {
    expect(sample).toMatchObject({ outcome: 'completed', throttled: expect.any(Number), facts: { 'proc/self/cgroup': expect.any(String) } })
    if (sample.outcome !== 'completed') continue
    expect(sample.bytes).toBeGreaterThan(1e6)
    expect(sample.throttled).toBeLessThanOrEqual(1)
    // A second at 0.085 CPUs, with what was left of a period at either end.
    expect((sample.cpuMs?.user ?? 0) + (sample.cpuMs?.system ?? 0)).toBeGreaterThan(0)
    expect((sample.cpuMs?.user ?? 0) + (sample.cpuMs?.system ?? 0)).toBeLessThan(0.085 * (sample.endedAtMs - sample.startedAtMs) + 100)
  }
})

test("a probe of one's own is found, with what it imports", async () => {
  const shape = { memoryMb: [1024], concurrency: [2], repetitions: 1 }
  const { samples } = await run(defineExperiment({ provider: local(uplink), probe: own({ mode: 'measure' }), ...shape }))
  expect(samples).toMatchObject([1, 2].map(() => ({ outcome: 'completed', values: { answer: 42 } })))
})

test('a probe that takes too much memory is a failed sample', async () => {
  const shape = { memoryMb: [128], concurrency: [1], repetitions: 1, warmUpMs: 0 }
  const { samples } = await run(defineExperiment({ provider: local(uplink), probe: hungry(), ...shape }))
  expect(samples).toMatchObject([{ outcome: 'failed', error: { code: 'AGENT_DIED', message: expect.stringMatching(/out of memory/) } }])
})

test('Ctrl-C ends cleanly', async () => {
  const file = join(folder, 'experiment.ts')
  writeFileSync(
    file,
    `import { defineExperiment, iperf3 } from 'netfair'
import { local } from 'netfair/local'
export default defineExperiment({
  provider: local(${JSON.stringify(uplink)}),
  probe: iperf3({ seconds: 1 }), memoryMb: [2048], concurrency: [2], repetitions: 3,
})
`,
  )
  const running = start('run', file, '--out', join(folder, 'out'))
  await running.saying('1/3')
  expect(await daemon.client.listContainers()).toHaveLength(2)
  running.child.kill('SIGINT')
  const { code, stderr } = await running.finished
  expect(code, stderr).toBe(130)
  expect(leftOf(running.child.pid ?? -1)).toEqual([])
  expect(readFileSync(join(folder, 'out', 'journal.ndjson'), 'utf8')).toContain('"sample"')
})
