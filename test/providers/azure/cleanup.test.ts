import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { azureSubscription } from '../../../src/providers/azure.ts'
import { deployRequest, onBed, useAzureBed } from './bed.ts'
import { failureOf } from './disclosure.ts'
import { abandonDeployment } from './owner.ts'

const bed = await useAzureBed({ pageSize: 2 })
afterEach(() => bed.faults.clear())
afterAll(() => bed[Symbol.asyncDispose]())

describe('a deploy that is killed', () => {
  test.each([
    ['before the plan is made', 1, false],
    ['after the plan is made', 1, true],
    ['before the app is made', 2, false],
    ['after the app is made', 2, true],
    ['before the agent is published', 3, false],
    ['after the agent is published', 3, true],
  ])('%s leaves nothing after a cleanup', async (_, step, after) => {
    await abandonDeployment(bed, bed.faults.hangAtStep(step, { after }))
    await onBed(bed).cleanup()
    expect(bed.remains()).toEqual([])
  })

  test('leaves nothing either when its removal was killed between app and plan', async () => {
    await abandonDeployment(bed)
    bed.faults.next('AppServicePlans_Delete', 'forbidden')
    expect(await failureOf(onBed(bed).cleanup())).toMatchObject({ code: 'CLEANUP_INCOMPLETE' })
    expect(bed.remains()).toEqual([expect.stringContaining('serverfarms')])
    expect(await onBed(bed).cleanup()).toEqual([
      expect.stringMatching(/^Azure plan netfair-[0-9a-f]{12}-512 \(resource group netfair-tests\)$/),
    ])
    expect(bed.remains()).toEqual([])
  })
})

describe('netfair cleanup', () => {
  test('goes through all pages of the subscription by the environment alone, and spares what lives', async () => {
    await abandonDeployment(bed)
    await abandonDeployment(bed)
    await using _live = await onBed(bed).deploy(deployRequest({ runId: 'live' }))
    const living = bed.remains().slice(-2).length
    expect(await azureSubscription.cleanup({ region: 'northeurope' })).toEqual([])
    expect(await azureSubscription.cleanup({ olderThanMs: 3_600_000 })).toEqual([])
    expect(await azureSubscription.cleanup({ region: 'West Europe' })).toHaveLength(4)
    expect(bed.remains()).toHaveLength(living)
  })

  test('says so where it does not know the subscription', async () => {
    const { AZURE_SUBSCRIPTION_ID } = process.env
    delete process.env['AZURE_SUBSCRIPTION_ID']
    try {
      expect(await failureOf(azureSubscription.cleanup())).toMatchObject({
        code: 'MISSING_OPTION',
        message: expect.stringContaining('AZURE_SUBSCRIPTION_ID'),
      })
    } finally {
      Object.assign(process.env, { AZURE_SUBSCRIPTION_ID })
    }
  })
})
