import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { Deployment } from '../../../src/providers/provider.ts'
import type { FaultKind } from '../../test-bed/azure/faults.ts'
import { changesSince, deployRequest, onBed, useAzureBed } from './bed.ts'
import { disclosed, failureOf } from './disclosure.ts'

const bed = await useAzureBed({ polling: 'azure-asyncoperation', takenNames: ['netfair-6d1d3c2a5b7e-512'] })
const provider = onBed(bed)
afterEach(() => bed.faults.clear())
afterAll(() => bed[Symbol.asyncDispose]())

describe('deploying again', () => {
  test('three sizes, twice: the second time nothing is made, changed or published', async () => {
    const deployments: Deployment[] = []
    const deployAll = async () => {
      for (const memoryMb of [512, 2048, 4096]) deployments.push(await provider.deploy(deployRequest({ memoryMb })))
    }
    await deployAll()
    expect(bed.remains()).toHaveLength(6)
    const before = bed.requests.length
    await deployAll()
    expect(bed.requests.length).toBeGreaterThan(before)
    expect(changesSince(bed, before)).toEqual([])
    await Promise.all(deployments.map((deployment) => deployment[Symbol.asyncDispose]()))
    expect(bed.remains()).toEqual([])
  })

  test.each([
    ['another secret', { agent: { ...deployRequest().agent, secret: 'OTHER' } }],
    ['other targets', { agent: { ...deployRequest().agent, allowedTargets: ['127.0.0.1:1'] } }],
  ])('%s: what is there is replaced', async (_, changes) => {
    await using _first = await provider.deploy(deployRequest())
    const before = bed.requests.length
    await using _second = await provider.deploy(deployRequest(changes))
    expect(changesSince(bed, before)).toEqual([
      'WebApps_Delete',
      'AppServicePlans_Delete',
      'AppServicePlans_CreateOrUpdate',
      'WebApps_CreateOrUpdate',
      'Scm_Publish',
    ])
  })
})

describe('a deploy that meets', () => {
  test.each<[FaultKind, string]>([
    ['throttled', 'AppServicePlans_CreateOrUpdate'],
    ['server-error', 'WebApps_CreateOrUpdate'],
    ['unavailable', 'Scm_Publish'],
    ['bad-gateway', 'Scm_GetDeployment'],
    ['unavailable', 'StorageAccounts_ListKeys'],
    ['not-found', 'WebApps_ListFunctionKeys'],
    ['host-runtime', 'WebApps_ListFunctionKeys'],
    ['host-runtime', 'WebApps_ListFunctions'],
    ['slow-operation', 'WebApps_CreateOrUpdate'],
    ['server-error', 'WebApps_ListFunctions'],
    ['unavailable', 'Http_Invoke'],
  ])('%s at %s succeeds all the same', async (kind, operation) => {
    bed.faults.next(operation, kind, { delayMs: 300 })
    await using deployment = await provider.deploy(deployRequest())
    expect(deployment.memoryMb).toBe(512)
  })

  test.each<[FaultKind, string, string]>([
    ['quota', 'AppServicePlans_CreateOrUpdate', 'QUOTA_EXCEEDED'],
    ['forbidden', 'AppServicePlans_CreateOrUpdate', 'PREREQUISITE_MISSING'],
    ['not-registered', 'AppServicePlans_CreateOrUpdate', 'PREREQUISITE_MISSING'],
    ['forbidden', 'StorageAccounts_ListKeys', 'PREREQUISITE_MISSING'],
    ['name-taken', 'WebApps_CreateOrUpdate', 'PLATFORM_REFUSED'],
    ['operation-fails', 'WebApps_CreateOrUpdate', 'PLATFORM_REFUSED'],
    ['expired-token', 'WebApps_Get', 'CREDENTIALS_MISSING'],
    ['deploy-fails', 'Scm_Publish', 'DEPLOY_FAILED'],
    ['invalid-token', 'Scm_Publish', 'CREDENTIALS_MISSING'],
  ])('%s at %s fails and leaves nothing', async (kind, operation, code) => {
    bed.faults.next(operation, kind)
    const error = await failureOf(provider.deploy(deployRequest()))
    expect(error.code).toBe(code)
    expect(error.hint).not.toBe('')
    expect(disclosed(bed, error)).toEqual([])
    expect(bed.remains()).toEqual([])
  })

  test.each([
    ['before', 1, false],
    ['after', 1, true],
    ['before', 2, false],
    ['after', 2, true],
    ['before', 3, false],
    ['after', 3, true],
  ])('an abort %s change %i leaves nothing', async (_, step, after) => {
    const controller = new AbortController()
    const reached = bed.faults.hangAtStep(step, { after })
    const error = failureOf(provider.deploy(deployRequest({ signal: controller.signal })))
    await reached
    controller.abort()
    bed.faults.clear()
    expect((await error).code).toBe('DEPLOY_ABORTED')
    expect(bed.remains()).toEqual([])
  })
})

test('what cannot be removed is named', async () => {
  const deployment = await provider.deploy(deployRequest())
  const undo = bed.faults.next('WebApps_Delete', 'forbidden', { times: 9 })
  const error = await failureOf(Promise.resolve(deployment[Symbol.asyncDispose]()))
  expect(error).toMatchObject({
    code: 'CLEANUP_INCOMPLETE',
    message: expect.stringMatching(/function app netfair-\w+-512 /),
    hint: expect.stringContaining('netfair cleanup'),
  })
  undo()
  await deployment[Symbol.asyncDispose]()
  expect(bed.remains()).toEqual([])
})
