import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { AwsOptions } from '../../../src/providers/aws.ts'
import type { Deployment, DeployRequest } from '../../../src/providers/provider.ts'
import type { AwsBed } from '../../test-bed/aws.ts'
import { askedSince, CHANGES, deployRequest, onBed, useAwsBed } from './lab.ts'

let bed: AwsBed
const deployments: Deployment[] = []

beforeAll(async () => {
  bed = await useAwsBed({ concurrency: 1000, maxMemoryMb: 3008, settleMs: 20, pageSize: 2 })
})
afterEach(async () => {
  bed.faults.clear()
  await Promise.all(deployments.splice(0).map((deployment) => deployment[Symbol.asyncDispose]()))
  expect(bed.remains()).toEqual([])
})
afterAll(() => bed?.[Symbol.asyncDispose]())

async function deploy(request: Partial<DeployRequest> = {}, options?: AwsOptions): Promise<Deployment> {
  const deployment = await onBed(bed, options).deploy(deployRequest(request))
  deployments.push(deployment)
  return deployment
}

/** What the requests of `act` changed. */
async function changesOf(act: () => Promise<unknown>): Promise<readonly string[]> {
  const before = bed.requests.length
  await act()
  return askedSince(bed, before, CHANGES)
}

describe('a deployment', () => {
  test('of six sizes twice changes nothing the second time', async () => {
    const provider = onBed(bed)
    const all = async (): Promise<void> => {
      const sizes = [128, 256, 512, 1024, 1769, 3008]
      deployments.push(...(await Promise.all(sizes.map((memoryMb) => provider.deploy(deployRequest({ memoryMb }))))))
    }
    expect((await changesOf(all)).toSorted()).toEqual([...Array(6).fill('CreateFunction'), ...Array(6).fill('PutFunctionConcurrency')])
    expect(await changesOf(all)).toEqual([])
    expect(bed.remains()).toHaveLength(6)
  })

  test('changes only what is not as it shall be', async () => {
    await deploy()
    expect(await changesOf(() => deploy({}, { timeoutSeconds: 60 }))).toEqual(['UpdateFunctionConfiguration'])
    expect(await changesOf(() => deploy({}, { timeoutSeconds: 60, architecture: 'arm64' }))).toEqual(['UpdateFunctionCode'])
    expect(await changesOf(() => deploy({ concurrency: 3 }, { timeoutSeconds: 60, architecture: 'arm64' }))).toEqual([
      'PutFunctionConcurrency',
    ])
    const endsBeforeMs = Date.now() + 10 * 3_600_000
    expect(await changesOf(() => deploy({ concurrency: 3, endsBeforeMs }, { timeoutSeconds: 60, architecture: 'arm64' }))).toEqual([
      'TagResource',
    ])
  })

  test('is another function in the VPC', async () => {
    const options = { vpc: bed.vpc }
    await deploy({ factors: { path: 'vpc' } }, options)
    await deploy({ factors: { path: 'public' } }, options)
    expect(bed.remains()).toHaveLength(2)
  })

  test.each(['CreateFunction', 'PutFunctionConcurrency', 'DeleteFunction'] as const)(
    'goes on where an answer to %s is lost',
    async (operation) => {
      bed.faults.fail(operation, 'serverError', { after: true })
      const deployment = await deploy()
      await deployment[Symbol.asyncDispose]()
      expect(bed.remains()).toEqual([])
    },
  )

  test('whose update fails is removed', async () => {
    await deploy()
    bed.faults.failDeploy('no network')
    await expect(deploy({}, { timeoutSeconds: 60 })).rejects.toMatchObject({
      code: 'DEPLOY_FAILED',
      message: expect.stringContaining('no network'),
    })
  })

  test('that cannot be removed names what is left, and can be disposed again', async () => {
    const deployment = await deploy()
    const [name = ''] = bed.remains()
    bed.faults.fail('DeleteFunction', 'accessDenied', { times: 10 })
    await expect(deployment[Symbol.asyncDispose]()).rejects.toMatchObject({
      code: 'CLEANUP_INCOMPLETE',
      message: expect.stringContaining(name.split('/')[1] ?? ''),
    })
    bed.faults.clear()
    await deployment[Symbol.asyncDispose]()
    expect(bed.remains()).toEqual([])
  })

  test('waits where the function is still being made before it removes it', async () => {
    bed.faults.fail('DeleteFunction', 'conflict', { times: 2 })
    await (await deploy())[Symbol.asyncDispose]()
    expect(bed.remains()).toEqual([])
  })

  test.each(['GetAccountSettings', 'GetFunction', 'CreateFunction', 'PutFunctionConcurrency'] as const)(
    'that is aborted at %s leaves nothing',
    async (operation) => {
      const controller = new AbortController()
      bed.faults.delay(operation, 100)
      const deploying = deploy({ signal: controller.signal })
      const aborted = expect(deploying).rejects.toMatchObject({ code: 'RUN_ABORTED' })
      setTimeout(() => controller.abort(), 80)
      await aborted
    },
  )
})

describe('the guard', () => {
  test('leaves other functions of the account what they need', async () => {
    const provider = onBed(bed)
    for (const memoryMb of [128, 256, 512, 1024]) deployments.push(await provider.deploy(deployRequest({ memoryMb, concurrency: 300 })))
    const { environment } = await provider.check({ concurrency: 300 })
    expect(environment).toMatchObject({ accountConcurrency: 1000, unreservedConcurrency: 400 })
  })

  test('is left out where the account has too little, and check says so', async () => {
    expect(await changesOf(() => deploy({ concurrency: 600 }))).toEqual(['CreateFunction'])
    const { environment } = await onBed(bed).check({ memoryMb: [512, 1024], concurrency: 400 })
    expect(environment).toMatchObject({ functionsWithReservedConcurrency: 1, notReserved: expect.any(String) })
  })

  test('never stays below what is needed', async () => {
    await deploy({ concurrency: 2 })
    expect(await changesOf(() => deploy({ concurrency: 700 }))).toEqual(['DeleteFunctionConcurrency'])
  })
})

describe('what is missing is said, and nothing is left', () => {
  test.each<[string, AwsOptions, Partial<DeployRequest>, string]>([
    ['PREREQUISITE_MISSING', { roleArn: 'arn:aws:iam::123456789012:role/nobody' }, {}, 'assume'],
    ['INVALID_MEMORY', {}, { memoryMb: 3009 }, '3008'],
    ['INVALID_MEMORY', {}, { memoryMb: 100 }, '128'],
    ['INVALID_CONCURRENCY', {}, { concurrency: 1001 }, '1000'],
    [
      'PREREQUISITE_MISSING',
      { vpc: { subnetIds: ['subnet-0dead'], securityGroupIds: ['sg-0bed'] } },
      { factors: { path: 'vpc' } },
      'subnet-0dead',
    ],
    ['REGION_UNKNOWN', { region: 'eu-nowhere-1' }, {}, 'eu-nowhere-1'],
  ])('%s', async (code, options, request, named) => {
    const error = await deploy(request, options).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, hint: expect.stringMatching(/\S/) })
    const { message, hint } = error as { message: string; hint: string }
    expect(`${message} ${hint}`).toContain(named)
  })

  test('a role that may make no network interfaces', async () => {
    const deploying = deploy({ factors: { path: 'vpc' } }, { roleArn: bed.plainRoleArn, vpc: bed.vpc })
    await expect(deploying).rejects.toMatchObject({
      code: 'PREREQUISITE_MISSING',
      hint: expect.stringContaining('AWSLambdaVPCAccessExecutionRole'),
    })
  })

  test('a role that Lambda knows only after a moment is waited for', async () => {
    bed.faults.fail('CreateFunction', 'invalid')
    await deploy()
    expect(bed.remains()).toHaveLength(1)
  })

  test.each(['expiredToken', 'unknownKey', 'badSignature'] as const)('credentials: %s', async (kind) => {
    bed.faults.fail('GetAccountSettings', kind, { times: 10 })
    await expect(onBed(bed).check()).rejects.toMatchObject({ code: 'CREDENTIALS_MISSING' })
  })

  test('a user who may do nothing: what is wrong is not hidden by what cannot be removed', async () => {
    bed.faults.fail('CreateFunction', 'accessDenied')
    bed.faults.fail('DeleteFunction', 'accessDenied', { times: 10 })
    await expect(deploy()).rejects.toMatchObject({
      code: 'CLEANUP_INCOMPLETE',
      message: expect.stringMatching(/may not do lambda:Any: the deployment of 512 MB .* Then: .* is left behind/),
      hint: expect.stringMatching(/docs\/aws\.md.*netfair cleanup/),
    })
  })

  test('a quota that is used up', async () => {
    bed.faults.fail('CreateFunction', 'quota')
    await expect(deploy()).rejects.toMatchObject({ code: 'DEPLOY_FAILED', message: expect.stringContaining('Code storage') })
  })

  test('a service that does not answer with sense is asked again', async () => {
    bed.faults.fail('GetAccountSettings', 'unavailable')
    bed.faults.fail('CreateFunction', 'throttled')
    await deploy()
  })
})
