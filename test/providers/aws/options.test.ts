import { afterEach, describe, expect, test, vi } from 'vitest'
import { aws } from '../../../src/providers/aws.ts'

const roleArn = 'arn:aws:iam::123456789012:role/netfair'
afterEach(() => vi.unstubAllEnvs())

describe('aws()', () => {
  test('says where it is billed, and has no factor without a VPC', () => {
    const provider = aws({ region: 'eu-central-1', roleArn, architecture: 'arm64', storageMb: 1024 })
    expect(provider.billedAs).toEqual({ name: 'aws', variant: 'lambda', region: 'eu-central-1', architecture: 'arm64', storageMb: 1024 })
    expect(provider.factors).toBeUndefined()
  })

  test('offers the path with a VPC, the public one first', () => {
    const vpc = { subnetIds: ['subnet-0a1b'], securityGroupIds: ['sg-0a1b'] }
    expect(aws({ region: 'eu-central-1', roleArn, vpc }).factors).toEqual({ path: ['public', 'vpc'] })
  })

  test('takes the region of the environment where none is given', () => {
    vi.stubEnv('AWS_REGION', 'eu-west-1')
    expect(aws({ roleArn }).billedAs?.region).toBe('eu-west-1')
  })

  test.each([
    [{ region: 'Frankfurt' }, 'region'],
    [{ roleArn: 'netfair' }, 'roleArn'],
    [{ timeoutSeconds: 901 }, 'timeoutSeconds'],
    [{ storageMb: 100 }, 'storageMb'],
    [{ architecture: 'mips' }, 'architecture'],
    [{ vpc: { subnetIds: [], securityGroupIds: ['sg-1'] } }, 'vpc'],
    [{ rolearn: roleArn }, 'roleArn'],
  ])('refuses %j', (options, key) => {
    expect(() => aws({ region: 'eu-central-1', ...options } as object)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/OPTION/) }),
    )
    expect(() => aws({ region: 'eu-central-1', ...options } as object)).toThrow(
      expect.toSatisfy(({ message, hint }: { message: string; hint: string }) => `${message} ${hint}`.includes(key)),
    )
  })

  test('without region or role check says so before it asks anybody', async () => {
    vi.stubEnv('AWS_REGION', '')
    vi.stubEnv('AWS_DEFAULT_REGION', '')
    await expect(aws({ roleArn }).check()).rejects.toMatchObject({ code: 'REGION_UNKNOWN' })
    await expect(aws({ region: 'eu-central-1' }).check()).rejects.toMatchObject({ code: 'PREREQUISITE_MISSING' })
  })
})
