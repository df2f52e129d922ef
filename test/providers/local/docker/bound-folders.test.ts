import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boundFolders } from '../../../../src/providers/local/docker/bound-folders.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bound-'))
  for (const path of ['workspace/packages/probe/src', 'alone/deep']) mkdirSync(join(folder, path), { recursive: true })
  for (const path of ['workspace', 'workspace/packages/probe']) writeFileSync(join(folder, path, 'package.json'), '{}')
})
afterAll(() => rmSync(folder, { recursive: true }))

const own = (...files: readonly string[]): string[] => boundFolders(files).filter((path) => path.startsWith(folder))

test('the system and node are always there', () => {
  const folders = boundFolders([])
  expect(folders).toContain('/usr')
  expect(folders.some((path) => dirname(process.execPath).startsWith(path))).toBe(true)
})

test('the outermost package around a file; its own folder without one; once', () => {
  const [probe, alone] = [join(folder, 'workspace/packages/probe/src/probe.ts'), join(folder, 'alone/deep/probe.ts')]
  expect(own(probe, join(folder, 'workspace/other.ts'))).toEqual([join(folder, 'workspace')])
  expect(own(alone)).toEqual([join(folder, 'alone/deep')])
  expect(own(join(folder, 'workspace/a.ts'), alone)).toEqual([join(folder, 'workspace'), join(folder, 'alone/deep')])
})

test('nothing that would hide what a container has of its own', () => {
  expect(boundFolders(['/tmp/probe.ts'])).toContain('/tmp/probe.ts')
  expect(boundFolders(['/tmp/probe.ts'])).not.toContain('/tmp')
  expect(boundFolders(['/probe.ts'])).toContain('/probe.ts')
})

test('nothing twice', () => {
  expect(boundFolders(['/usr/lib/node_modules/netfair/dist/agents/local.mjs']).filter((path) => path.startsWith('/usr'))).toEqual(['/usr'])
})
