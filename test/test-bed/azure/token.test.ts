import { DefaultAzureCredential, EnvironmentCredential } from '@azure/identity'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { startAzureBed } from '../azure.ts'
import { clientOf, credentialOf, fetchFrom, tokenOf } from './client.ts'

const bed = await startAzureBed()
afterAll(() => bed[Symbol.asyncDispose]())
afterEach(() => vi.unstubAllEnvs())

const SCOPE = 'https://management.azure.com/.default'
const groupUrl = (version = '?api-version=2024-03-01'): string =>
  `${bed.environment['NETFAIR_AZURE_ENDPOINT']}/subscriptions/${bed.account.subscriptionId}/resourceGroups/${bed.account.resourceGroup}${version}`

test.each(Object.entries({ EnvironmentCredential, DefaultAzureCredential }))(
  '%s gets a token from the environment of the bed',
  async (_name, Credential) => {
    for (const [name, value] of Object.entries(bed.environment)) vi.stubEnv(name, value)
    const credential = new Credential({ disableInstanceDiscovery: true, tlsOptions: { ca: bed.ca } })
    const { token, expiresOnTimestamp } = (await credential.getToken(SCOPE)) ?? { token: '', expiresOnTimestamp: 0 }
    expect(expiresOnTimestamp).toBeGreaterThan(Date.now() + 3_500_000)
    expect(bed.secrets).toContain(token)
    expect(await fetchFrom(bed, groupUrl(), { headers: { authorization: `Bearer ${token}` } })).toMatchObject({ status: 200 })
  },
)

test('a wrong secret, an unknown resource and an unknown tenant are refused as Entra does', async () => {
  await expect(credentialOf(bed, 'wrong').getToken(SCOPE)).rejects.toThrow('AADSTS7000215')
  await expect(credentialOf(bed).getToken('https://vault.azure.net/.default')).rejects.toThrow('AADSTS500011')
  const answer = await fetchFrom(bed, `${bed.environment['AZURE_AUTHORITY_HOST']}/elsewhere/v2.0/.well-known/openid-configuration`)
  expect(answer).toMatchObject({ status: 400 })
  expect(answer.text).toContain('AADSTS90002')
})

test('the Resource Manager takes no request without a valid token and an api-version', async () => {
  const codeOf = async (url: string, authorization?: string): Promise<string> => {
    const { text, status } = await fetchFrom(bed, url, { headers: authorization === undefined ? {} : { authorization } })
    const { error } = JSON.parse(text) as { readonly error: { readonly code: string } }
    return `${status} ${error.code}`
  }
  const token = `Bearer ${await tokenOf(bed)}`
  expect(await codeOf(groupUrl())).toBe('401 AuthenticationFailed')
  expect(await codeOf(groupUrl(), `${token.slice(0, -3)}abc`)).toBe('401 InvalidAuthenticationToken')
  expect(await codeOf(groupUrl(''), token)).toBe('400 MissingApiVersionParameter')
  expect(await codeOf(groupUrl('?api-version=newest'), token)).toBe('400 InvalidApiVersionParameter')
  expect(await codeOf(groupUrl().replace('netfair-tests', 'nowhere'), token)).toBe('404 ResourceGroupNotFound')
  expect(await codeOf(groupUrl().replace(bed.account.subscriptionId, crypto.randomUUID()), token)).toBe('404 SubscriptionNotFound')
})

test('a token expires, and clients that ask for a new one go on', async () => {
  await using short = await startAzureBed({ tokenLifetimeSeconds: 1 })
  const first = await tokenOf(short)
  const url = `${short.environment['NETFAIR_AZURE_ENDPOINT']}/subscriptions/${short.account.subscriptionId}?api-version=2022-12-01`
  const ask = () => fetchFrom(short, url, { headers: { authorization: `Bearer ${first}` } })
  await expect.poll(async () => (await ask()).text, { timeout: 5000 }).toContain('ExpiredAuthenticationToken')
  expect(await clientOf(short).webApps.listByResourceGroup(short.account.resourceGroup).next()).toMatchObject({ done: true })
})
