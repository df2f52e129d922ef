import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { journalText, syntheticJournal } from '../../src/testing/index.ts'
import { netfair } from './netfair.ts'

let folder: string
beforeAll(() => {
  mkdirSync('coverage', { recursive: true })
  folder = mkdtempSync('coverage/cli-colocation-')
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, factsOf?: (invocation: number) => Record<string, string>): string {
  const journal = syntheticJournal({ concurrency: [4], rounds: 1 })
  const samples = journal.samples.map(({ host: _, ...sample }) => ({ ...sample, ...(factsOf && { facts: factsOf(sample.invocation) }) }))
  const path = join(folder, name)
  writeFileSync(path, journalText({ ...journal, experiment: { ...journal.experiment, provider: { name: 'aws' } }, samples }))
  return path
}

test('groups and why for people, the report’s finding for programs', async () => {
  const path = write('facts.ndjson', (invocation) => ({
    'proc/sys/kernel/random/boot_id': `03e54a80-2b20-4ed5-a02a-354bc8c6e7${Math.floor(invocation / 2)}1`,
    'env/AWS_LAMBDA_INITIALIZATION_TYPE': 'lambda-managed-instances',
    'process/arch': invocation < 2 ? 'x64' : 'arm64',
  }))
  const shown = await netfair('colocation', path)
  expect(shown).toMatchObject({ code: 0, stderr: '' })
  expect(shown.stdout).toContain('4 instances, 6 pairs: 2 on one machine, 4 on different hosts.')
  expect(shown.stdout).toMatch(/one machine \(0\.99\d\), 2 instances: instance-0, instance-1; by boot-id \(identifier\)/)
  const finding = JSON.parse((await netfair('colocation', path, '--json')).stdout)
  expect(finding).toEqual(JSON.parse((await netfair('analyze', path, '--json')).stdout).colocation)
  expect(finding.groups).toHaveLength(2)
})

test('without facts it cannot tell, and says so', async () => {
  const path = write('none.ndjson')
  expect(await netfair('colocation', path)).toMatchObject({ code: 0, stdout: expect.stringContaining('Cannot tell') })
  expect(await netfair('colocation', path, '--json')).toMatchObject({ code: 0, stdout: 'null\n' })
  expect(await netfair('colocation', join(folder, 'absent'))).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('absent'),
  })
})
