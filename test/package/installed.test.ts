import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** The package as npm installs it without its optional peers. */
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netfair-installed-'))
  const home = join(folder, 'node_modules/netfair')
  mkdirSync(home, { recursive: true })
  cpSync('package.json', join(home, 'package.json'))
  cpSync('dist', join(home, 'dist'), { recursive: true })
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly dependencies: object }
  for (const name of Object.keys(dependencies)) {
    const place = join(folder, 'node_modules', name)
    if (!existsSync(dirname(place))) mkdirSync(dirname(place), { recursive: true })
    symlinkSync(join(process.cwd(), 'node_modules', name), place)
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Code and message of what a script throws, run by a user of that package. */
async function failureOf(script: string): Promise<{ readonly code: string; readonly message: string; readonly hint: string }> {
  const reporting = `try { ${script} } catch ({ code, message, hint }) { process.stdout.write(JSON.stringify({ code, message, hint })) }`
  const imports =
    "import { aws } from 'netfair/aws'\nimport { gcp } from 'netfair/gcp'\nimport { azure } from 'netfair/azure'\nimport { prepareData, s3 } from 'netfair'\n"
  const child = spawn(process.execPath, ['--input-type=module', '--eval', imports + reporting], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 30_000,
  })
  const [said] = await Promise.all([text(child.stdout), once(child, 'close')])
  return JSON.parse(said)
}

const subscription = '00000000-0000-0000-0000-000000000000'
const azureOptions = `{ subscriptionId: '${subscription}', resourceGroup: 'group', location: 'westeurope', storageAccount: 'account' }`
const agent = `{ bundle: import.meta.resolve('netfair/package.json').replace('file://', '').replace('package.json', 'dist/agents/aws.mjs'),
  secret: 'secret', allowedTargets: [], modules: ['file:///probe.mjs'] }`

describe('without optional packages', () => {
  test.each([
    ['@aws-sdk/client-lambda', `await aws({ region: 'eu-central-1', roleArn: 'arn:aws:iam::123456789012:role/netfair' }).check({})`],
    ['@aws-sdk/client-s3', `await prepareData(s3({ bucket: 'bucket', region: 'eu-central-1' }))`],
    ['google-auth-library', `await gcp({ projectId: 'project', region: 'europe-west1' }).check({})`],
    ['@azure/arm-appservice', `await azure(${azureOptions}).check({})`],
    [
      'esbuild',
      `await aws({ region: 'eu-central-1', roleArn: 'arn:aws:iam::123456789012:role/netfair' }).deploy({ runId: 'run', memoryMb: 512, concurrency: 1, agent: ${agent} })`,
    ],
  ])('the error names %s and the command that installs it', async (name, script) => {
    const { code, message, hint } = await failureOf(script)
    expect({ code, message, hint }).toMatchObject({ code: 'PACKAGE_MISSING', hint: expect.stringContaining(`npm install ${name}`) })
    expect(message).toContain(name)
  })
})
