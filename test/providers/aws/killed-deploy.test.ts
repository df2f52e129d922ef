import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { AwsBed } from '../../test-bed/aws.ts'
import { abandonDeployment, deployRequest, onBed, useAwsBed } from './lab.ts'

let bed: AwsBed
beforeAll(async () => {
  bed = await useAwsBed({ settleMs: 20 })
})
afterEach(() => bed.faults.clear())
afterAll(() => bed?.[Symbol.asyncDispose]())

/** Cleaned up by this process, another than the one that was killed. */
async function nothingIsLeft(): Promise<void> {
  await onBed(bed).cleanup({ region: bed.region })
  expect(bed.remains()).toEqual([])
}

describe('a deployment that is killed', () => {
  test.each([
    ['CreateFunction', 1, false],
    ['CreateFunction', 1, true],
    ['PutFunctionConcurrency', 2, false],
    ['PutFunctionConcurrency', 2, true],
  ])('at %s, its step %i (done: %s)', async (operation, step, after) => {
    const hung = bed.faults.hangAtStep(step, { after })
    await abandonDeployment(bed, { moment: hung })
    expect((await hung).operation).toBe(operation)
    expect(bed.remains()).toHaveLength(step === 1 && !after ? 0 : 1)
    await nothingIsLeft()
  })

  test.each([
    ['TagResource', 1],
    ['UpdateFunctionCode', 2],
    ['UpdateFunctionConfiguration', 3],
    ['PutFunctionConcurrency', 4],
  ] as const)('at %s, while it takes over what an earlier one left', async (operation, step) => {
    const runId = `killed-${operation}`
    await abandonDeployment(bed, { runId })
    const hung = bed.faults.hangAtStep(step)
    await abandonDeployment(bed, { runId, moment: hung, timeoutSeconds: 60, architecture: 'arm64', concurrency: 3 })
    expect((await hung).operation).toBe(operation)
    await nothingIsLeft()
  })
})

test("cleanup goes through all pages, says what it removed, and leaves what is alive or not netfair's", async () => {
  for (const runId of ['one', 'two', 'three']) await abandonDeployment(bed, { runId })
  const live = await onBed(bed).deploy(deployRequest({ runId: 'live' }))
  const removed = await onBed(bed).cleanup()
  expect(removed).toHaveLength(3)
  for (const line of removed) expect(line).toMatch(/^AWS Lambda function netfair-[0-9a-f]{12}-512 in eu-central-1$/)
  expect(bed.remains()).toHaveLength(1)
  await live[Symbol.asyncDispose]()
})
