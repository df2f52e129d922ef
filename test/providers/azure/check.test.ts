import { readFileSync } from 'node:fs'
import { ClientSecretCredential, type TokenCredential } from '@azure/identity'
import { afterAll, describe, expect, test } from 'vitest'
import { type AzureOptions, azure } from '../../../src/providers/azure.ts'
import { changesSince, deployRequest, onBed, optionsOf, useAzureBed } from './bed.ts'
import { disclosed, failureOf } from './disclosure.ts'

const bed = await useAzureBed()
afterAll(() => bed[Symbol.asyncDispose]())

describe('options', () => {
  test.each<[string, string, Partial<Record<keyof AzureOptions, unknown>>]>([
    ['INVALID_OPTION', 'UUID', { subscriptionId: 'mine' }],
    ['MISSING_OPTION', 'resource group', { resourceGroup: undefined }],
    ['INVALID_OPTION', 'storage account', { storageAccount: 'Not_A_Name' }],
    ['INVALID_OPTION', 'container', { container: 'A' }],
    ['INVALID_OPTION', 'flex-consumption', { plan: 'premium' }],
    ['INVALID_OPTION', 'credential', { credential: {} }],
  ])('%s names %s', (code, named, wrong) => {
    const options = { ...optionsOf(bed), ...wrong } as AzureOptions
    for (const key of Object.keys(wrong) as (keyof AzureOptions)[])
      if (options[key] === undefined) delete (options as Partial<AzureOptions>)[key]
    expect(() => azure(options)).toThrow(expect.objectContaining({ code, hint: expect.stringContaining(named) }))
  })

  test('a mistyped key is named with the right one', () => {
    expect(() => azure({ ...optionsOf(bed), resourcegroup: 'x' } as never)).toThrow(/resourcegroup/)
  })

  test('making a provider asks nothing and tells no credential', () => {
    const before = bed.requests.length
    const provider = onBed(bed, { location: 'West Europe', credential: { getToken: async () => null } })
    expect(provider.options).toEqual({ ...optionsOf(bed), location: 'westeurope', container: 'netfair', plan: 'flex-consumption' })
    expect(provider.billedAs).toEqual({ name: 'azure', variant: 'flex-consumption', region: 'westeurope' })
    expect(bed.requests.length).toBe(before)
  })
})

describe('check', () => {
  test('says where it is', async () => {
    const described = await onBed(bed).check({ memoryMb: [512, 2048, 4096], concurrency: 26 })
    expect(described).toMatchObject({ name: 'azure', variant: 'flex-consumption', region: 'westeurope' })
  })

  test.each<[string, RegExp, Partial<AzureOptions>]>([
    ['REGION_UNKNOWN', /eastus, eastus2/, { location: 'jioindiacentral' }],
    ['REGION_UNKNOWN', /northeurope/, { location: 'atlantis' }],
    ['PREREQUISITE_MISSING', /az account list/, { subscriptionId: '00000000-0000-4000-8000-000000000000' }],
    ['PREREQUISITE_MISSING', /az group create/, { resourceGroup: 'nowhere' }],
    ['PREREQUISITE_MISSING', /az storage account create --name nothere/, { storageAccount: 'nothere' }],
    ['PREREQUISITE_MISSING', /az storage container-rm create --name nothere/, { container: 'nothere' }],
  ])('%s: the hint says %s', async (code, hint, wrong) => {
    const before = bed.requests.length
    for (const refused of [onBed(bed, wrong).check({ memoryMb: [512] })]) {
      const error = await failureOf(refused)
      expect(error).toMatchObject({ code, hint: expect.stringMatching(hint) })
      expect(disclosed(bed, error)).toEqual([])
    }
    expect(changesSince(bed, before)).toEqual([])
  })

  test('memory that is not on offer names the nearest sizes', async () => {
    expect(await failureOf(onBed(bed).check({ memoryMb: [1024] }))).toMatchObject({
      code: 'INVALID_MEMORY',
      hint: expect.stringContaining('512 and 2048'),
    })
  })

  test('too many functions at once are refused, and the limit named', async () => {
    expect(await failureOf(onBed(bed).check({ concurrency: 1001 }))).toMatchObject({
      code: 'INVALID_CONCURRENCY',
      message: expect.stringContaining('1000'),
    })
  })

  test('an invocation that the front end would cut off is refused', async () => {
    await onBed(bed).check({ invocationMs: 230_000 })
    const error = await failureOf(onBed(bed).check({ invocationMs: 231_000 }))
    expect(error).toMatchObject({ code: 'INVOCATION_TOO_LONG', message: expect.stringMatching(/231 s.*230 s/) })
  })

  test('functions without an identity cannot ask a store as one', async () => {
    const before = bed.requests.length
    expect(await failureOf(onBed(bed).check({ identity: true }))).toMatchObject({
      code: 'IDENTITY_MISSING',
      hint: expect.stringContaining('azure({identity})'),
    })
    expect(changesSince(bed, before)).toEqual([])
    const identity = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/netfair'
    await onBed(bed, { identity }).check({ identity: true })
  })

  test('the classic plan is refused with the reason', async () => {
    const before = bed.requests.length
    const provider = onBed(bed, { plan: 'consumption' })
    for (const refused of [provider.check({ memoryMb: [512, 1024] }), provider.check(), provider.deploy(deployRequest())]) {
      expect(await failureOf(refused)).toMatchObject({
        code: 'INVALID_MEMORY',
        message: expect.stringContaining('classic Consumption plan'),
        hint: expect.stringContaining('flex-consumption'),
      })
    }
    expect(bed.requests.length).toBe(before)
  })
})

describe('credentials', () => {
  test('a token is asked for once, not for every request', async () => {
    let asked = 0
    const { AZURE_TENANT_ID = '', AZURE_CLIENT_ID = '', AZURE_CLIENT_SECRET = '' } = bed.environment
    const trust = { disableInstanceDiscovery: true, tlsOptions: { ca: readFileSync(bed.environment['NETFAIR_TEST_CA'] ?? '', 'utf8') } }
    const real = new ClientSecretCredential(AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, trust)
    const credential: TokenCredential = {
      getToken(scopes, options) {
        asked++
        return real.getToken(scopes, options)
      },
    }
    const provider = onBed(bed, { credential })
    await provider.check({ memoryMb: [512] })
    await provider.check({ memoryMb: [2048] })
    // One for the SDK, which keeps its own.
    expect(asked).toBeLessThanOrEqual(2)
  })

  test.each([
    ['none', { AZURE_CLIENT_SECRET: undefined, AZURE_CLIENT_ID: undefined, AZURE_TENANT_ID: undefined }],
    ['a wrong secret', { AZURE_CLIENT_SECRET: 'WRONG-S3CR3T' }],
  ])('%s: the hint says how to sign in', async (_, change) => {
    const kept = { ...process.env }
    for (const [name, value] of Object.entries(change)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    try {
      const error = await failureOf(onBed(bed).check({ memoryMb: [512] }))
      expect(error).toMatchObject({ code: 'CREDENTIALS_MISSING', hint: expect.stringContaining('az login') })
      expect(JSON.stringify([error, error.message])).not.toContain('WRONG-S3CR3T')
    } finally {
      Object.assign(process.env, kept)
    }
  })

  test('a token that is no longer valid is said to be so', async () => {
    bed.faults.next('StorageAccounts_GetProperties', 'invalid-token')
    const error = await failureOf(onBed(bed).check())
    expect(error).toMatchObject({ code: 'CREDENTIALS_MISSING', hint: expect.stringContaining('Sign in again') })
    expect(disclosed(bed, error)).toEqual([])
  })

  test('what the identity may not do is named', async () => {
    bed.faults.next('StorageAccounts_GetProperties', 'forbidden')
    expect(await failureOf(onBed(bed).check())).toMatchObject({
      code: 'PREREQUISITE_MISSING',
      hint: expect.stringContaining('docs/azure.md'),
    })
  })
})
