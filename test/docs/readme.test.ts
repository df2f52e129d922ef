import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { netfair } from '../cli/netfair.ts'

const readme = readFileSync('README.md', 'utf8')

test('every code block that names an example is that example', () => {
  const blocks = [...readme.matchAll(/<!-- (examples\/\S+) -->\n```ts\n([\s\S]*?)```/g)]
  expect(blocks.length).toBeGreaterThanOrEqual(2)
  for (const [, file = '', code] of blocks) expect(code).toBe(readFileSync(file, 'utf8'))
})

test('the quick start has 15 lines at most', () => {
  expect(readFileSync('examples/local.ts', 'utf8').trim().split('\n').length).toBeLessThanOrEqual(15)
})

test('the commands of the README are scripts of the package, in that order', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  const commands = [...readme.matchAll(/^npm ci && npm (?:run )?(\S+)$/gm)].map(([, script = '']) => script)
  expect(commands).toEqual(['demo', 'test'])
  for (const script of commands) expect(scripts).toHaveProperty(script)
})

test('the table of commands is what the command knows', async () => {
  const { stdout } = await netfair('--help')
  const known = [...stdout.matchAll(/^ {2}(\w+) .*\S/gm)].map(([, name = '']) => name).filter((name) => name !== 'help')
  const told = [...readme.matchAll(/^\|\s*`netfair (\w+)/gm)].map(([, name = '']) => name)
  expect(told.toSorted()).toEqual(known.toSorted())
})

test('the table of providers is what the package exports', () => {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, unknown> }
  const told = [...readme.matchAll(/^\|\s*`\w+`\s*\|\s*`netfair(\/\w+)`/gm)].map(([, path]) => `.${path}`)
  expect(told).not.toEqual([])
  for (const path of told) expect(exports).toHaveProperty([path])
})

test('every file that a document links to exists', () => {
  for (const document of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md']) {
    const text = readFileSync(document, 'utf8')
    for (const [, link = ''] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) expect(existsSync(link), `${document}: ${link}`).toBe(true)
  }
})
