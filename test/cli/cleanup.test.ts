import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { leftOf } from '../run/lab.ts'
import { netfair, start } from './netfair.ts'

const experiment = `import { defineExperiment, iperf3 } from 'netfair'
import { local } from 'netfair/local'
export default defineExperiment({
  provider: local({ uplinkBitsPerSecond: 100e6, sharing: 'fifo' }),
  probe: iperf3({ seconds: 0.5 }),
  memoryMb: [512], concurrency: [1, 2], repetitions: 1,
})
`

test('after kill -9 cleanup leaves nothing', async () => {
  // Below the checkout, so that the experiment finds the package by its name.
  mkdirSync('coverage', { recursive: true })
  const folder = mkdtempSync('coverage/cleanup-')
  writeFileSync(join(folder, 'experiment.ts'), experiment)

  const running = start('run', join(folder, 'experiment.ts'), '--out', join(folder, 'killed'))
  await running.saying('1/2')
  running.child.kill('SIGKILL')
  await running.finished
  const pid = running.child.pid ?? -1
  expect(leftOf(pid)).not.toEqual([])
  const { code, stdout } = await netfair('cleanup', '--provider', 'local')
  expect(code).toBe(0)
  expect(stdout).toContain(`netfair-${pid}-`)
  expect(leftOf(pid)).toEqual([])
  expect((await netfair('cleanup', '--older-than', '1h')).code).toBe(0)
  expect(await netfair('cleanup', '--older-than', 'long')).toMatchObject({ code: 2 })
  rmSync(folder, { recursive: true })
})
