import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAwsBed } from '../test-bed/aws.ts'
import { startAzureBed } from '../test-bed/azure.ts'
import { startGcpBed } from '../test-bed/gcp.ts'
import { type Finished, startIn } from './netfair.ts'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'netfair-home-'))
})
afterAll(() => rm(home, { recursive: true }))

type Environment = Readonly<Record<string, string>>

/** Nothing of the real environment, where credentials may be. */
const bare = (): Environment => ({ PATH: process.env['PATH'] ?? '', HOME: home })
const netfair = (environment: Environment, ...args: string[]): Promise<Finished> => startIn({ ...bare(), ...environment }, ...args).finished

interface Finding {
  readonly provider: string
  readonly works: boolean
  readonly found: Readonly<Record<string, string>>
  readonly missing: readonly { readonly what: string; readonly evidence: string; readonly remedy: string }[]
}

async function findings(environment: Environment): Promise<Readonly<Record<string, Finding>>> {
  const { code, stdout, stderr } = await netfair(environment, 'providers', '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).not.toContain('planted')
  return Object.fromEntries((JSON.parse(stdout) as Finding[]).map((finding) => [finding.provider, finding]))
}

describe('netfair providers', () => {
  test('says what each cloud lacks, and what to do', async () => {
    const { aws, gcp, azure } = await findings({})
    expect([aws, gcp, azure].map((finding) => finding?.works)).toEqual([false, false, false])
    expect(aws?.missing.map(({ what }) => what)).toEqual(['credentials', 'region'])
    expect(gcp?.missing.map(({ what }) => what)).toEqual(['credentials', 'project'])
    expect(azure?.missing.map(({ what }) => what)).toEqual(['credentials', 'subscription'])
    const { stdout } = await netfair({}, 'providers')
    expect(stdout).toContain('For aws is missing:\n  credentials: ')
    expect(stdout).toContain('gcloud auth application-default login --impersonate-service-account')
  })

  test('names where it found what, and no credential', async () => {
    const key = join(home, 'key.json')
    await writeFile(key, JSON.stringify({ type: 'service_account', project_id: 'a-project', private_key: 'planted' }))
    const { aws, gcp, azure } = await findings({
      AWS_ACCESS_KEY_ID: 'planted',
      AWS_SECRET_ACCESS_KEY: 'planted',
      AWS_REGION: 'eu-central-1',
      GOOGLE_APPLICATION_CREDENTIALS: key,
      AZURE_TENANT_ID: 'planted',
      AZURE_CLIENT_ID: 'planted',
      AZURE_CLIENT_SECRET: 'planted',
    })
    expect(aws).toMatchObject({ works: true, missing: [], found: { region: 'eu-central-1' } })
    expect(aws?.found['credentials']).toBe('AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY')
    expect(gcp).toMatchObject({ works: true, missing: [], found: { credentials: key, project: 'a-project' } })
    // The experiment may name the subscription.
    expect(azure).toMatchObject({ works: true, missing: [{ what: 'subscription' }] })
  })
})

interface Started {
  readonly provider: string
  readonly memoryMb: number
}

const clouds = {
  aws: async () => {
    const bed = await startAwsBed()
    return { bed, provider: `aws({ roleArn: '${bed.roleArn}' })`, memoryMb: 512 }
  },
  gcp: async () => {
    const bed = await startGcpBed()
    return { bed, provider: `gcp({ projectId: '${bed.projectId}', region: '${bed.region}' })`, memoryMb: 512 }
  },
  azure: async () => {
    const bed = await startAzureBed()
    const { subscriptionId, resourceGroup, storageAccount, location } = bed.account
    const options = { subscriptionId, resourceGroup, storageAccount, location: location.name, container: bed.account.containers[0] }
    return { bed, provider: `azure(${JSON.stringify(options)})`, memoryMb: 512 }
  },
}

/** Deploys, and is killed. The bed is in this process, which must not wait in its way. */
async function leaveBehind(cloud: string, { provider, memoryMb }: Started, environment: Environment): Promise<void> {
  const script = `
    import { fileURLToPath } from 'node:url'
    import { ${cloud} } from 'netfair/${cloud}'
    const bundle = fileURLToPath(new URL('dist/agents/${cloud}.mjs', import.meta.resolve('netfair/package.json')))
    const agent = { bundle, secret: 'planted-secret', allowedTargets: ['127.0.0.1:1'], modules: [] }
    await ${provider}.deploy({ runId: 'killed', memoryMb: ${memoryMb}, concurrency: 2, agent })
    process.kill(process.pid, 'SIGKILL')`
  const env = { ...bare(), ...environment }
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 50_000,
  })
  const [said, [, signal]] = await Promise.all([text(child.stderr), once(child, 'close')])
  expect(signal, said).toBe('SIGKILL')
}

test.each(Object.keys(clouds) as (keyof typeof clouds)[])('netfair cleanup removes what a killed run left in %s', async (cloud) => {
  const started = await clouds[cloud]()
  await using bed = started.bed
  await leaveBehind(cloud, started, bed.environment)
  expect(bed.remains()).not.toEqual([])
  const clean = (...args: string[]): Promise<Finished> => netfair(bed.environment, 'cleanup', ...args)

  expect(await clean('--provider', cloud, '--older-than', '1h')).toMatchObject({ code: 0, stdout: 'Nothing was left behind.\n' })
  expect(bed.remains()).not.toEqual([])
  // Without a name: here, and in each cloud that is set up.
  const { code, stdout, stderr } = await clean()
  expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^removed .*netfair-/) })
  for (const other of Object.keys(clouds).filter((name) => name !== cloud))
    expect(stderr).toContain(`Skipped ${other}, for want of credentials`)
  expect(stderr).not.toContain(`Skipped ${cloud}`)
  expect(bed.remains()).toEqual([])
  for (const secret of bed.secrets) expect(`${stdout}${stderr}`).not.toContain(secret)
  expect(await clean('--provider', cloud)).toMatchObject({ code: 0, stdout: 'Nothing was left behind.\n' })
})

test('what one provider cannot do keeps no other from its cleanup', async () => {
  const environment = {
    AWS_ACCESS_KEY_ID: 'planted',
    AWS_SECRET_ACCESS_KEY: 'planted',
    AWS_REGION: 'eu-central-1',
    NETFAIR_AWS_ENDPOINT: 'http://127.0.0.1:9',
  }
  const { code, stdout, stderr } = await netfair(environment, 'cleanup')
  expect(code).toBe(3)
  expect(stderr).toMatch(/AWS .*127\.0\.0\.1:9/)
  expect(`${stdout}${stderr}`).not.toContain('planted')
})
