import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { type AzureBed, type AzureBedOptions, startAzureBed } from '../azure.ts'
import { all, clientOf, type Fetched, fetchFrom, keyOf, makeSite, packageOf, publish, type SiteWish, tokenOf, zipOf } from './client.ts'

/** Waits, ends or throws as it is told, and says where it was. */
const APP = `
  import { app } from '@azure/functions'
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
  app.http('run', { route: 'run/{id?}', methods: ['POST'], authLevel: 'function', handler: async (request, context) => {
    const body = await request.text()
    if (body === 'throw') throw new Error('kaboom')
    if (body === 'exit') process.exit(3)
    await wait(Number(request.query.get('wait') ?? 0))
    const { pid, env } = process
    return { status: 201, headers: { 'x-app': context.functionName }, jsonBody: { body, id: request.params.id, pid, name: env.NAME, options: env.NODE_OPTIONS, instance: env.WEBSITE_INSTANCE_ID } }
  } })
  app.http('open', { methods: ['GET'], authLevel: 'anonymous', handler: () => ({ body: 'welcome' }) })`

interface Running {
  readonly bed: AzureBed
  readonly host: string
  readonly scm: string
  readonly key: string
  run(options?: { readonly body?: string; readonly query?: string; readonly key?: string }): Promise<Fetched>
}

async function running(
  options: AzureBedOptions = {},
  wish: SiteWish = {},
  format: 'esm' | 'cjs' = 'esm',
): Promise<Running & AsyncDisposable> {
  const bed = await startAzureBed(options)
  const { host, scm } = await makeSite(bed, wish)
  expect(await publish(bed, scm, packageOf(APP, format))).toMatchObject({ status: 4 })
  const key = await keyOf(bed, 'netfair-app', 'run')
  const run: Running['run'] = ({ body = '', query = '', key: given = key } = {}) =>
    fetchFrom(bed, `https://${host}/api/run${query}`, { method: 'POST', headers: { 'x-functions-key': given }, body })
  return { bed, host, scm, key, run, [Symbol.asyncDispose]: () => bed[Symbol.asyncDispose]() }
}

const said = ({ text }: Fetched): { readonly pid: number; readonly [name: string]: unknown } => JSON.parse(text)

/** What both kinds of bundles must do. */
async function expectAnswer({ bed, host, key }: Running): Promise<void> {
  const headers = { 'x-functions-key': key }
  const answer = await fetchFrom(bed, `https://${host}/api/run/7?wait=0`, { method: 'POST', headers, body: 'hello' })
  expect(answer).toMatchObject({ status: 201, headers: { 'x-app': 'run', 'content-type': 'application/json' } })
  const options = expect.stringMatching(/--max-old-space-size=\d+/)
  expect(said(answer)).toMatchObject({ body: 'hello', id: '7', name: 'of the settings', options })
  const listed = await all(clientOf(bed).webApps.listFunctions(bed.account.resourceGroup, 'netfair-app'))
  expect(listed).toMatchObject([
    { name: 'netfair-app/run', invokeUrlTemplate: `https://${host}/api/run/{id?}` },
    { name: 'netfair-app/open' },
  ])
  expect(bed.executions).toMatchObject([{ function: 'run', memoryMb: 512, coldStart: true, status: 201 }])
}

describe('the gateway', async () => {
  const app = await running({ limits: { memoryMb: 1024 } }, { settings: { NAME: 'of the settings' } })
  afterAll(() => app[Symbol.asyncDispose]())

  test('hands requests to an app bundled as ESM, through the real library', () => expectAnswer(app))

  test('asks for the key of the function, where the function does', async () => {
    expect(await app.run({ key: '' })).toMatchObject({ status: 401 })
    expect(await app.run({ key: 'wrong' })).toMatchObject({ status: 401 })
    const { masterKey = '' } = await clientOf(app.bed).webApps.listHostKeys(app.bed.account.resourceGroup, 'netfair-app')
    expect(await app.run({ key: masterKey })).toMatchObject({ status: 201 })
    expect(await app.run({ key: '', query: `?code=${encodeURIComponent(app.key)}` })).toMatchObject({ status: 201 })
    expect(await fetchFrom(app.bed, `https://${app.host}/api/open`)).toMatchObject({ status: 200, text: 'welcome' })
    expect(app.bed.secrets).toEqual(expect.arrayContaining([masterKey, app.key]))
  })

  test('knows only what the app has registered', async () => {
    expect(await fetchFrom(app.bed, `https://${app.host}/api/nothing`)).toMatchObject({ status: 404 })
    expect(await fetchFrom(app.bed, `https://${app.host}/api/run`)).toMatchObject({ status: 404 })
  })

  test('gives an instance one execution at a time, keeps it warm, and starts no more than the quota allows', async () => {
    const [one, two] = await Promise.all([app.run({ query: '?wait=300' }), app.run({ query: '?wait=300' })])
    expect(new Set([said(one).pid, said(two).pid]).size).toBe(2)
    expect(app.bed.instances()).toBe(2)
    const three = await Promise.all([1, 2, 3].map(() => app.run({ query: '?wait=300' })))
    expect(three.map(({ status }) => status).sort()).toEqual([201, 201, 429])
    expect(three.find(({ status }) => status === 429)?.headers).toHaveProperty('retry-after')
    expect(app.bed.instances()).toBe(2)
  })

  test('answers 500 for what the app throws, and for a worker that ends', async () => {
    expect(await app.run({ body: 'throw' })).toMatchObject({ status: 500, text: '' })
    expect(app.bed.log.join('\n')).not.toContain('no functions')
    expect(await app.run({ body: 'exit' })).toMatchObject({ status: 500 })
    expect(await app.run()).toMatchObject({ status: 201 })
  })

  test('is cold, killed, or refuses, as it is told', async () => {
    app.bed.faults.next('Http_Invoke', 'crash', { delayMs: 20 })
    expect(await app.run({ query: '?wait=5000' })).toMatchObject({ status: 502 })
    for (const [kind, status] of [
      ['unavailable', 503],
      ['bad-gateway', 502],
      ['timeout', 504],
      ['throttled', 429],
    ] as const) {
      app.bed.faults.next('Http_Invoke', kind)
      const answer = await app.run()
      expect(answer).toMatchObject({ status })
      expect(answer.text).not.toContain('{')
    }
    await clientOf(app.bed).webApps.restart(app.bed.account.resourceGroup, 'netfair-app')
    app.bed.faults.next('Http_Invoke', 'cold-start', { delayMs: 400 })
    const before = performance.now()
    expect(await app.run()).toMatchObject({ status: 201 })
    expect(performance.now() - before).toBeGreaterThan(400)
    expect(app.bed.executions.at(-1)).toMatchObject({ coldStart: true })
  })

  test('logs how long each execution took', async () => {
    await app.run({ query: '?wait=200' })
    const { startedAtMs = 0, endedAtMs = 0 } = app.bed.executions.at(-1) ?? {}
    expect(endedAtMs - startedAtMs).toBeGreaterThan(195)
  })

  test('new settings end the instances with the old ones', async () => {
    const { pid } = said(await app.run())
    const { webApps } = clientOf(app.bed)
    const { properties } = await webApps.listApplicationSettings(app.bed.account.resourceGroup, 'netfair-app')
    await webApps.updateApplicationSettings(app.bed.account.resourceGroup, 'netfair-app', { properties: { ...properties, NAME: 'new' } })
    expect(said(await app.run())).toMatchObject({ name: 'new' })
    await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false)
  })
})

describe('an app bundled as CommonJS, with short limits', async () => {
  const app = await running(
    { httpTimeoutMs: 2000, idleMs: 100 },
    { settings: { NAME: 'of the settings' }, perInstanceConcurrency: 4 },
    'cjs',
  )
  afterAll(() => app[Symbol.asyncDispose]())

  test('answers through the real library', () => expectAnswer(app))

  test('shares an instance among several executions where it may have them', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => app.run({ query: '?wait=100' })))
    expect(new Set(answers.map((answer) => said(answer).pid)).size).toBe(1)
  })

  test('ends idle instances', async () => {
    const { pid } = said(await app.run())
    await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false)
    expect(app.bed.instances()).toBe(0)
  })

  test('is given up after the limit of the front end, and goes on', async () => {
    const before = app.bed.executions.length
    expect(await app.run({ query: '?wait=2500' })).toMatchObject({ status: 504 })
    expect(app.bed.executions.length).toBe(before)
    await expect.poll(() => app.bed.executions.length, { timeout: 5000 }).toBe(before + 1)
  })

  test('is gone with its site, with what it was doing', async () => {
    const lasting = app.run({ query: '?wait=60000' })
    await expect.poll(() => app.bed.instances()).toBe(1)
    await clientOf(app.bed).webApps.delete(app.bed.account.resourceGroup, 'netfair-app')
    expect(app.bed.instances()).toBe(0)
    expect((await lasting).status).toBeGreaterThanOrEqual(502)
    expect(await app.run()).toMatchObject({ status: 404 })
  })
})

test('an instance ends when whoever holds it is gone', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'worker-'))
  try {
    const main = join(directory, 'main.mjs')
    await writeFile(main, 'setInterval(() => {}, 1000)')
    const worker = fileURLToPath(new URL('worker.ts', import.meta.url))
    const child = spawn(process.execPath, [worker, join(directory, 'sock'), main], { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    child.stdin.end()
    expect(await once(child, 'exit')).toEqual([0, null])
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('disposal ends the instances', async () => {
  const app = await running()
  const { pid } = said(await app.run())
  await app[Symbol.asyncDispose]()
  expect(existsSync(`/proc/${pid}`)).toBe(false)
})

describe('a package', async () => {
  const bed = await startAzureBed()
  const { host, scm } = await makeSite(bed)
  afterAll(() => bed[Symbol.asyncDispose]())
  const functions = async (): Promise<number> =>
    (await all(clientOf(bed).webApps.listFunctions(bed.account.resourceGroup, 'netfair-app'))).length
  const files = { 'package.json': '{"main":"index.mjs"}', 'host.json': '{"version":"2.0"}' }

  test('needs a token and its content type', async () => {
    const url = `https://${scm}/api/publish`
    expect(await fetchFrom(bed, url, { method: 'POST', headers: { 'content-type': 'application/zip' } })).toMatchObject({ status: 401 })
  })

  test('that is no ZIP, or without host.json, fails', async () => {
    expect(await publish(bed, scm, new Uint8Array(100))).toMatchObject({
      status: 3,
      status_text: expect.stringContaining('not a valid ZIP'),
    })
    expect(await publish(bed, scm, zipOf({ 'package.json': '{}' }))).toMatchObject({
      status: 3,
      status_text: expect.stringContaining('host.json'),
    })
  })

  test('whose app cannot be loaded or read succeeds, and has no functions', async () => {
    expect(await publish(bed, scm, zipOf({ ...files, 'index.mjs': 'throw new Error("no")' }))).toMatchObject({ status: 4 })
    await expect.poll(() => bed.log.join('\n')).toContain('no functions')
    expect(await publish(bed, scm, zipOf({ ...files, 'index.mjs': '' }, 0))).toMatchObject({ status: 4 })
    expect(bed.log.join('\n')).toContain('no Unix permissions')
    expect(await fetchFrom(bed, `https://${host}/api/open`)).toMatchObject({ status: 404 })
    expect(await functions()).toBe(0)
  })

  test('replaces the one before; two at once are refused; functions are found some time after', async () => {
    const [one, two] = await Promise.allSettled([publish(bed, scm, packageOf(APP)), publish(bed, scm, packageOf(APP))])
    expect([one.status, two.status].sort()).toEqual(['fulfilled', 'rejected'])
    await expect.poll(functions).toBe(2)
    expect(await publish(bed, scm, packageOf(APP.replace('welcome', 'again')))).toMatchObject({ status: 4 })
    expect(await fetchFrom(bed, `https://${host}/api/open`)).toMatchObject({ text: 'again' })
  })

  test('is told of by the Resource Manager and by the deployment endpoint', async () => {
    const { webApps } = clientOf(bed)
    const told = await all(webApps.listDeployments(bed.account.resourceGroup, 'netfair-app'))
    expect(told.map(({ status }) => status)).toEqual(expect.arrayContaining([3, 4]))
    const headers = { authorization: `Bearer ${await tokenOf(bed)}` }
    const latest = await fetchFrom(bed, `https://${scm}/api/deployments/latest`, { headers })
    const { id } = JSON.parse(latest.text) as { readonly id: string }
    expect(await webApps.getDeployment(bed.account.resourceGroup, 'netfair-app', id)).toMatchObject({ status: 4, active: true })
    expect(await fetchFrom(bed, `https://${scm}/api/deployments/${id}/log`, { headers })).toMatchObject({
      text: expect.stringContaining('SyncTrigger'),
    })
    expect(await fetchFrom(bed, `https://${scm}/api/deployments/none`, { headers })).toMatchObject({ status: 404 })
  })

  test('cannot be put into a storage whose key is wrong', async () => {
    const { webApps } = clientOf(bed)
    const { properties = {} } = await webApps.listApplicationSettings(bed.account.resourceGroup, 'netfair-app')
    const wrong = { ...properties, DEPLOYMENT_STORAGE: 'AccountName=x;AccountKey=y' }
    await webApps.updateApplicationSettings(bed.account.resourceGroup, 'netfair-app', { properties: wrong })
    expect(await publish(bed, scm, packageOf(APP))).toMatchObject({
      status: 3,
      status_text: expect.stringContaining('InaccessibleStorage'),
    })
    const { AzureWebJobsStorage: _, ...without } = properties
    await webApps.updateApplicationSettings(bed.account.resourceGroup, 'netfair-app', { properties: without })
    expect(await fetchFrom(bed, `https://${host}/api/open`)).toMatchObject({ status: 503 })
    await expect(webApps.listHostKeys(bed.account.resourceGroup, 'netfair-app')).rejects.toMatchObject({ statusCode: 400 })
    await webApps.updateApplicationSettings(bed.account.resourceGroup, 'netfair-app', { properties })
  })

  test('whose app never ends loading holds up nothing', async () => {
    const forever = "import { setTimeout as sleep } from 'node:timers/promises'; await sleep(1e9)"
    expect(await publish(bed, scm, zipOf({ ...files, 'index.mjs': forever }))).toMatchObject({ status: 4 })
    await clientOf(bed).webApps.delete(bed.account.resourceGroup, 'netfair-app')
    expect(bed.remains()).toEqual([])
  })
})
