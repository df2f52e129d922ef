import { inspect } from 'node:util'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { NetfairError } from '../../../src/model/errors.ts'
import type { Deployment, DeployRequest } from '../../../src/providers/provider.ts'
import { changesSince, deployRequest, onBed, useGcpBed } from './lab.ts'

const bed = await useGcpBed({ maxInstances: 100 })
afterAll(() => bed[Symbol.asyncDispose]())
afterEach(() => bed.faults.clear())

const provider = onBed(bed)
let runs = 0
const newRequest = (changes: Partial<DeployRequest> = {}): DeployRequest => deployRequest({ runId: `deploy-${++runs}`, ...changes })
const endAll = (deployments: readonly Deployment[]) => Promise.all(deployments.map((deployment) => deployment[Symbol.asyncDispose]()))

async function refusal(request: DeployRequest, by = provider): Promise<NetfairError> {
  const error = await by.deploy(request).then(
    () => new Error('not refused'),
    (reason: unknown) => reason,
  )
  const shown = inspect(error, { depth: Number.POSITIVE_INFINITY, maxStringLength: null })
  for (const secret of [request.agent.secret, ...bed.secrets]) expect(shown).not.toContain(secret)
  expect(bed.remains()).toEqual([])
  return error as NetfairError
}

test('six memory sizes twice: the second time nothing is changed', async () => {
  const { runId } = newRequest()
  const sizes = [128, 512, 1024, 2048, 4096, 8192]
  const deployAll = () => Promise.all(sizes.map((memoryMb) => provider.deploy(deployRequest({ runId, memoryMb }))))
  const first = await deployAll()
  expect(bed.remains()).toHaveLength(6)
  const count = bed.requests.length
  const second = await deployAll()
  expect(changesSince(bed, count)).toEqual([])
  await endAll([...first, ...second])
  expect(bed.remains()).toEqual([])
})

describe('another deployment of the same run and size', () => {
  test.each<[string, Partial<DeployRequest>, readonly string[]]>([
    ['with another secret is updated', { agent: { ...deployRequest().agent, secret: 'another' } }, ['upload', 'UpdateFunction']],
    ['with more instances is updated', { concurrency: 3 }, ['upload', 'UpdateFunction']],
    ['of a run that lasts longer gets new labels', { endsBeforeMs: Date.now() + 86_400_000 }, ['UpdateFunction']],
  ])('%s', async (_, changes, expected) => {
    const request = newRequest()
    const first = await provider.deploy(request)
    const count = bed.requests.length
    const second = await provider.deploy({ ...request, ...changes })
    expect(changesSince(bed, count)).toEqual(expected)
    const again = bed.requests.length
    await provider.deploy({ ...request, ...changes })
    expect(changesSince(bed, again)).toEqual([])
    await endAll([first, second])
  })
})

describe('a deployment that fails leaves nothing, and says why', () => {
  test.each([
    ['BUILD', /Build failed/],
    ['SERVICE', /Container Healthcheck failed/],
  ] as const)('in stage %s', async (stage, said) => {
    bed.faults.add({ kind: 'deploy-failed', stage })
    const { code, message } = await refusal(newRequest())
    expect(code).toBe('DEPLOYMENT_FAILED')
    expect(message).toMatch(said)
  })

  test.each([
    ['CreateFunction', 'quota', 'QUOTA_EXCEEDED'],
    ['CreateFunction', 'permission-denied', 'PREREQUISITE_MISSING'],
    ['CreateFunction', 'service-disabled', 'PREREQUISITE_MISSING'],
    ['CreateFunction', 'internal', 'DEPLOYMENT_FAILED'],
    ['GenerateUploadUrl', 'expired-token', 'CREDENTIALS_MISSING'],
    ['upload', 'unavailable', 'DEPLOYMENT_FAILED'],
    ['GetOperation', 'internal', 'DEPLOYMENT_FAILED'],
  ] as const)('%s is refused: %s', async (at, as, code) => {
    bed.faults.add({ kind: 'refuse', at, as })
    expect(await refusal(newRequest())).toMatchObject({ code })
  })

  test('more instances than the quota: the limit is named', async () => {
    const { code, hint } = await refusal(newRequest({ concurrency: 101 }))
    expect(code).toBe('INVALID_CONCURRENCY')
    expect(hint).toContain('100')
  })

  test('a service account that may not be used', async () => {
    const serviceAccount = 'somebody@else.iam.gserviceaccount.com'
    const { code, hint } = await refusal(newRequest(), onBed(bed, { serviceAccount }))
    expect(code).toBe('PREREQUISITE_MISSING')
    expect(hint).toContain('roles/iam.serviceAccountUser')
  })

  test.each(['GetFunction', 'GenerateUploadUrl', 'upload', 'CreateFunction', 'GetOperation'])('aborted at %s', async (operation) => {
    const controller = new AbortController()
    const { arrived, release } = bed.faults.hang(operation, { when: operation === 'GetOperation' ? 'before' : 'after' })
    void arrived.then(() => {
      controller.abort()
      release()
    })
    expect(await refusal(newRequest({ signal: controller.signal }))).toMatchObject({ code: 'DEPLOYMENT_ABORTED' })
  })
})

test.each(['GetFunction', 'GenerateUploadUrl', 'DeleteFunction'])(
  '%s is asked again where it was throttled or nobody answered',
  async (at) => {
    bed.faults.add({ kind: 'refuse', at, as: 'throttled' })
    bed.faults.add({ kind: 'refuse', at, as: 'unavailable' })
    await endAll([await provider.deploy(newRequest())])
    expect(bed.remains()).toEqual([])
  },
)

test('what cannot be removed is named', async () => {
  const deployment = await provider.deploy(newRequest())
  bed.faults.add({ kind: 'delete-failed' })
  const error = await deployment[Symbol.asyncDispose]().then(
    () => undefined,
    (reason: unknown) => reason as NetfairError,
  )
  expect(error?.code).toBe('CLEANUP_INCOMPLETE')
  expect(error?.message).toContain(bed.remains()[0]?.split('/').at(-1))
  await (await provider.deploy(deployRequest({ runId: `deploy-${runs}` })))[Symbol.asyncDispose]()
  expect(bed.remains()).toEqual([])
})
