import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packagedModule } from '../../../src/model/packaged-module.ts'
import { findProbeCode } from '../../../src/probes/find-probe-code.ts'
import { agentPackage } from '../../../src/providers/cloud/agent-package.ts'

const NAP = new URL('fixtures/probe-in-experiment.ts', import.meta.url).href

let folder: string
let bundle: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netfair-package-'))
  bundle = join(folder, 'agent.mjs')
  await writeFile(bundle, 'export const handler = () => "agent"\n')
})
afterAll(() => rm(folder, { recursive: true }))

const agentWith = (modules: readonly string[] = []) => ({ bundle, secret: 'planted-secret', allowedTargets: ['10.0.0.1:5201'], modules })
const write = async (name: string, text: string): Promise<string> => {
  await writeFile(join(folder, name), text)
  return pathToFileURL(join(folder, name)).href
}
const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)

describe('a package', () => {
  test('holds the agent and what the platform wants, and nothing of this deployment', async () => {
    const { zip, sha256, modules } = await agentPackage(agentWith(), { 'package.json': '{"type":"module"}' })
    const files = unzipSync(zip)
    expect(Object.keys(files)).toEqual(['index.mjs', 'package.json'])
    expect(textOf(files['index.mjs'])).toContain('"agent"')
    expect(textOf(files['package.json'])).toBe('{"type":"module"}')
    expect(sha256).toBe(createHash('sha256').update(zip).digest('base64'))
    expect(modules).toEqual([])
    expect(Buffer.from(zip).includes('planted-secret')).toBe(false)
  })

  test('has the same bytes at any time, in any zone, whatever the order of its files', async () => {
    const zone = process.env['TZ']
    try {
      const zips: string[] = []
      for (const at of ['UTC', 'Pacific/Kiritimati', 'America/New_York']) {
        process.env['TZ'] = at
        zips.push((await agentPackage(agentWith([NAP]), { 'b.json': '2', 'a.json': '1' })).sha256)
        zips.push((await agentPackage(agentWith([NAP]), { 'a.json': '1', 'b.json': '2' })).sha256)
      }
      expect(new Set(zips).size).toBe(1)
    } finally {
      if (zone === undefined) delete process.env['TZ']
      else process.env['TZ'] = zone
    }
  })

  test('has other bytes for another agent or another file', async () => {
    const { sha256 } = await agentPackage(agentWith(), { 'a.json': '1' })
    expect((await agentPackage(agentWith(), { 'a.json': '2' })).sha256).not.toBe(sha256)
    expect((await agentPackage(agentWith([NAP]), { 'a.json': '1' })).sha256).not.toBe(sha256)
  })

  test('lets every user of the function read its files', async () => {
    const { zip } = await agentPackage(agentWith())
    const directory = Buffer.from(zip).indexOf('PK\x01\x02', 0, 'latin1')
    const attributes = Buffer.from(zip).readUInt32LE(directory + 38)
    expect((attributes >>> 16).toString(8)).toBe('100644')
  })

  test('is not made without an agent', async () => {
    const agent = { ...agentWith(), bundle: join(folder, 'absent.mjs') }
    await expect(agentPackage(agent)).rejects.toMatchObject({ code: 'AGENT_MISSING', message: expect.stringContaining('absent.mjs') })
  })
})

describe('a probe of one’s own', () => {
  test('is bundled, also out of the file of its experiment, small and without netfair', async () => {
    const { zip, modules } = await agentPackage(agentWith([NAP]))
    expect(modules).toEqual([NAP])
    const name = packagedModule(NAP)
    const content = unzipSync(zip)[name]
    expect(content?.length).toBeLessThan(10_000)
    await writeFile(join(folder, name), content ?? '')
    const code = findProbeCode((await import(pathToFileURL(join(folder, name)).href)) as object, 'nap')
    expect(code).toMatchObject({ name: 'nap', version: '1.2.0', run: expect.any(Function) })
  })

  test('that is no program is refused, with what esbuild says and where', async () => {
    const broken = await write('broken.ts', 'export const probe = \n\n  ][')
    const refusal = { code: 'PROBE_NOT_BUNDLED', message: expect.stringMatching(/broken\.ts.*Unexpected "\]".*:3:3/) }
    await expect(agentPackage(agentWith([broken]))).rejects.toMatchObject(refusal)
  })

  test('is refused where it needs what cannot come along', async () => {
    const lost = await write(
      'lost.ts',
      "import { providerContract } from 'netfair'\nimport 'no-such-package'\nexport const it = providerContract",
    )
    const refusal = { code: 'PROBE_NOT_BUNDLED', message: expect.stringMatching(/no-such-package/) }
    await expect(agentPackage(agentWith([lost]))).rejects.toMatchObject(refusal)
  })
})

test('every name that an experiment may import has a stand-in inside functions', async () => {
  const files = ['index.ts', ...['local', 'aws', 'gcp', 'azure'].map((name) => `providers/${name}.ts`)]
  const standIns = await import('../../../src/providers/cloud/netfair-in-functions.ts')
  for (const file of files) {
    const exports = (await import(new URL(`../../../src/${file}`, import.meta.url).href)) as object
    for (const name of Object.keys(exports)) expect(standIns, `${file}: ${name}`).toHaveProperty(name)
  }
})
