import { afterAll, expect, test } from 'vitest'
import { abandonDeployment, onBed, useGcpBed } from './lab.ts'

const bed = await useGcpBed()
afterAll(() => bed[Symbol.asyncDispose]())

/** Every request of a deployment. */
const steps = [
  ['token', 'before'],
  ['ListLocations', 'before'],
  ['GetFunction', 'before'],
  ['GenerateUploadUrl', 'after'],
  ['upload', 'before'],
  ['upload', 'after'],
  ['CreateFunction', 'before'],
  ['CreateFunction', 'after'],
  ['GetOperation', 'before'],
] as const

test.each(steps)('a run that is killed at %s (%s it has an effect) leaves nothing behind a cleanup', async (operation, when) => {
  const { arrived } = bed.faults.hang(operation, { when })
  await abandonDeployment(bed, {}, arrived)
  bed.faults.clear()
  const made = ['CreateFunction', 'GetOperation'].includes(operation) ? 1 : 0
  await expect.poll(() => bed.remains()).toHaveLength(made)
  await expect(onBed(bed).cleanup()).resolves.toHaveLength(made)
  expect(bed.remains()).toEqual([])
})

test('what is being made is removed when it is made', async () => {
  const { arrived } = bed.faults.hang('CreateFunction', { when: 'after' })
  bed.faults.add({ kind: 'slow-operation', ms: 1000 })
  await abandonDeployment(bed, {}, arrived)
  bed.faults.clear()
  expect(bed.remains()).toHaveLength(1)
  await expect(onBed(bed).cleanup()).resolves.toHaveLength(1)
  expect(bed.remains()).toEqual([])
})

test('what failed to be made is removed', async () => {
  const failing = bed.faults.hang('DeleteFunction')
  bed.faults.add({ kind: 'deploy-failed', stage: 'BUILD' })
  await abandonDeployment(bed, {}, failing.arrived)
  expect(bed.remains()).toHaveLength(1)
  bed.faults.clear()
  await bed.settled()
  await onBed(bed).cleanup()
  expect(bed.remains()).toEqual([])
})

test('a cleanup of another region, or of what is older, removes nothing', async () => {
  await abandonDeployment(bed)
  const left = bed.remains()
  await expect(onBed(bed).cleanup({ region: 'us-central1' })).resolves.toEqual([])
  await expect(onBed(bed).cleanup({ olderThanMs: 3_600_000 })).resolves.toEqual([])
  expect(bed.remains()).toEqual(left)
  await expect(onBed(bed, { region: 'us-central1' }).cleanup({ region: bed.region })).resolves.toHaveLength(1)
})
