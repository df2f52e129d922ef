import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineExperiment, iperf3, run } from '../../../src/index.ts'
import { controlSocketOf, makeRunDirectory } from '../../../src/providers/local/run-directory.ts'
import { local } from '../../../src/providers/local.ts'
import { launch } from './lab.ts'

const before = process.env['TMPDIR']
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'run-directory-'))
})
afterEach(() => {
  if (before === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = before
  rmSync(folder, { recursive: true })
})

const unwritable = {
  code: 'HOST_UNSUITABLE',
  message: expect.stringContaining('/not-there cannot be written to.'),
  hint: expect.stringContaining('TMPDIR'),
}

test.each(['privileged', 'plain'] as const)('a temporary directory that is not there, %s', async (tier) => {
  process.env['TMPDIR'] = join(folder, 'not-there')
  const provider = local({ sharing: 'none', tier })
  await expect(provider.targetPlace.start(launch())).rejects.toMatchObject(unwritable)
})

test('a run without a journal needs one, too', async () => {
  const experiment = defineExperiment({
    provider: local({ sharing: 'none', tier: 'plain' }),
    probe: iperf3({ seconds: 1 }),
    memoryMb: [512],
    concurrency: [1],
    repetitions: 1,
  })
  process.env['TMPDIR'] = join(folder, 'not-there')
  await expect(run(experiment)).rejects.toMatchObject(unwritable)
})

test('one whose path leaves no room for a Unix socket: bytes count, not letters', () => {
  const place = join(folder, 'ü'.repeat(40))
  mkdirSync(place)
  process.env['TMPDIR'] = place
  expect(() => controlSocketOf('netfair-1-1-aaaaaa')).toThrow(/too long[\s\S]*$/)
  expect(makeRunDirectory('netfair-1-1-aaaaaa')).toBe(join(place, 'netfair-1-1-aaaaaa'))
})
