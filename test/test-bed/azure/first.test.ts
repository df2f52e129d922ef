import { expect, test } from 'vitest'
import { startAzureBed } from '../azure.ts'
import { clientOf, fetchFrom, makeSite, packageOf, publish } from './client.ts'

const ECHO = `
  import { app } from '@azure/functions'
  app.http('run', { route: 'run/{id?}', methods: ['POST'], authLevel: 'function', handler: async (request, context) => ({
    status: 201, headers: { 'x-here': 'yes' },
    jsonBody: { body: await request.text(), id: request.params.id, q: request.query.get('q'), name: context.functionName, pid: process.pid, NAME: process.env.NAME, options: process.env.NODE_OPTIONS },
  }) })`

test.each(['esm', 'cjs'] as const)('an app bundled as %s runs from PUT to DELETE', async (format) => {
  await using bed = await startAzureBed({ polling: format === 'esm' ? 'location' : 'azure-asyncoperation' })
  const { host, scm } = await makeSite(bed, { settings: { NAME: 'v' }, tags: { 'netfair-run': 'r1' } })
  expect(await publish(bed, scm, packageOf(ECHO, format))).toMatchObject({ status: 4 })
  const client = clientOf(bed)
  const { properties } = await client.webApps.listFunctionKeys(bed.account.resourceGroup, 'netfair-app', 'run')
  const answer = await fetchFrom(bed, `https://${host}/api/run/7?q=1`, {
    method: 'POST',
    headers: { 'x-functions-key': properties?.['default'] ?? '' },
    body: 'hello',
  })
  expect(answer.status).toBe(201)
  await client.webApps.delete(bed.account.resourceGroup, 'netfair-app')
  expect(bed.remains()).toEqual([])
  expect(bed.instances()).toBe(0)
})
