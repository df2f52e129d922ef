import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GetFunctionResponse } from '@aws-sdk/client-lambda'
import { afterAll, describe, expect, test } from 'vitest'
import { type AwsOptions, checkAwsOptions } from '../../../src/providers/aws/options.ts'
import { differences, type WantedFunction, wantedFunction } from '../../../src/providers/aws/wanted-function.ts'
import type { DeployRequest } from '../../../src/providers/provider.ts'

const folder = mkdtempSync(join(tmpdir(), 'wanted-'))
afterAll(() => rmSync(folder, { recursive: true }))
const bundle = join(folder, 'agent.mjs')
writeFileSync(bundle, 'export const handler = () => ({ samples: [] })')

const vpc = { subnetIds: ['subnet-0a', 'subnet-0b'], securityGroupIds: ['sg-0a'] }
const agent = { bundle, secret: 'S3CR3T', allowedTargets: ['192.0.2.1:5201'], modules: [] }
const wish = (request: Partial<DeployRequest> = {}, options: Partial<AwsOptions> = {}): Promise<WantedFunction> =>
  wantedFunction(
    { runId: 'run', memoryMb: 512, concurrency: 4, agent, ...request },
    checkAwsOptions({ region: 'eu-central-1', roleArn: 'arn:aws:iam::123456789012:role/netfair', ...options }),
  )

/** As Lambda shows what was made of it. */
function made({ name, code, architecture, configuration, vpc: VpcConfig, tags }: WantedFunction): GetFunctionResponse {
  const found = { FunctionName: name, CodeSha256: code.sha256, Architectures: [architecture], VpcConfig, ...structuredClone(configuration) }
  return { Configuration: found as NonNullable<GetFunctionResponse['Configuration']>, Tags: { ...tags } }
}

describe('a function as it shall be', () => {
  test('holds the secret in its environment, not in its code', async () => {
    const one = await wish()
    const other = await wish({ agent: { ...agent, secret: 'OTHER' } })
    expect(one.code.sha256).toBe(other.code.sha256)
    expect(one.configuration.Environment.Variables?.['NETFAIR_AGENT']).toContain('S3CR3T')
  })

  test('has a name for each size and, with a VPC, each path', async () => {
    const names = await Promise.all([
      wish(),
      wish({ memoryMb: 1024 }),
      wish({}, { vpc }),
      wish({ factors: { path: 'vpc' } }, { vpc }),
      wish({ runId: 'other' }),
    ])
    expect(new Set(names.map(({ name }) => name)).size).toBe(5)
    for (const { name } of names) expect(name).toMatch(/^netfair-[a-z0-9-]{1,42}$/)
  })

  test('is in the VPC at that level only', async () => {
    expect((await wish({}, { vpc })).vpc).toEqual({ SubnetIds: [], SecurityGroupIds: [] })
    const { vpc: wanted } = await wish({ factors: { path: 'vpc' } }, { vpc })
    expect(wanted).toEqual({ SubnetIds: vpc.subnetIds, SecurityGroupIds: vpc.securityGroupIds })
  })

  test.each([[{ path: 'vpc' }], [{ path: 'elsewhere' }], [{ colour: 'red' }]])('cannot be at %j without a VPC', async (factors) => {
    await expect(wish({ factors })).rejects.toMatchObject({ code: 'INVALID_FACTOR' })
  })

  test('takes no more configuration than Lambda does', async () => {
    const allowedTargets = Array.from({ length: 300 }, (_, index) => `192.0.2.1:${5201 + index}`)
    await expect(wish({ agent: { ...agent, allowedTargets } })).rejects.toMatchObject({ code: 'AGENT_CONFIG_TOO_LARGE' })
  })
})

describe('what differs', () => {
  const none = { code: false, configuration: false, vpc: false, tags: false }

  test('nothing, right after it was made', async () => {
    const wanted = await wish()
    const { VpcConfig: _, ...outside } = made(wanted).Configuration ?? {}
    expect(differences(wanted, made(wanted))).toEqual(none)
    expect(differences(await wish(), { ...made(wanted), Configuration: outside })).toEqual(none)
  })

  test('nothing where only the order of subnets is another', async () => {
    const wanted = await wish({ factors: { path: 'vpc' } }, { vpc })
    const found = made(wanted)
    found.Configuration?.VpcConfig?.SubnetIds?.reverse()
    expect(differences(wanted, found)).toEqual(none)
  })

  test.each<[string, Partial<DeployRequest>, Partial<AwsOptions>]>([
    ['configuration', {}, { timeoutSeconds: 60 }],
    ['configuration', {}, { storageMb: 1024 }],
    ['configuration', { memoryMb: 513 }, {}],
    ['configuration', { agent: { ...agent, secret: 'OTHER' } }, {}],
    ['vpc', { factors: { path: 'vpc' } }, { vpc }],
    ['code', {}, { architecture: 'arm64' }],
    ['tags', { runId: 'other' }, {}],
    ['tags', { endsBeforeMs: Date.now() + 20 * 3_600_000 }, {}],
  ])('%s, for %j and %j', async (what, request, options) => {
    expect(differences(await wish(request, options), made(await wish()))).toEqual({ ...none, [what]: true })
  })

  test('the code, where an update failed', async () => {
    const found = made(await wish())
    expect(differences(await wish(), { ...found, Configuration: { ...found.Configuration, LastUpdateStatus: 'Failed' } })).toEqual({
      ...none,
      code: true,
    })
  })

  test('code and tags, where the one is old and the others are not there', async () => {
    const found = made(await wish())
    expect(differences(await wish(), { Configuration: { ...found.Configuration, CodeSha256: 'old' } })).toEqual({
      ...none,
      code: true,
      tags: true,
    })
  })
})
