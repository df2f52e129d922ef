import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** What Node loads for an import, seen by its own loader: files by their path in the package, and its own modules. */
function loadedBy(specifier: string): { readonly files: readonly string[]; readonly builtIn: readonly string[] } {
  const script = `
    import { builtinModules, registerHooks } from 'node:module'
    const files = []
    registerHooks({ load: (url, context, next) => (files.push(url), next(url, context)) })
    await import('data:text/javascript,')
    const own = () => process.moduleLoadList.map((name) => name.replace('NativeModule ', '')).filter((name) => builtinModules.includes(name))
    const before = own()
    files.length = 0
    await import(${JSON.stringify(specifier)})
    const builtIn = own().filter((name) => !before.includes(name))
    const root = new URL('package.json', import.meta.resolve('netfair/package.json')).href.replace('package.json', '')
    const shown = files.filter((url) => url.startsWith('file:')).map((url) => url.replace(root, ''))
    process.stdout.write(JSON.stringify({ files: shown, builtIn }))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

test('importing netfair loads two files, no package, and none of Node’s large modules', () => {
  const { files, builtIn } = loadedBy('netfair')
  expect(files).toEqual(['dist/index.js', 'dist/model/errors.js'])
  const large = ['crypto', 'child_process', 'http', 'https', 'tls', 'net', 'zlib', 'worker_threads', 'fs/promises']
  expect(builtIn.filter((name) => large.includes(name))).toEqual([])
})

test.each(['netfair/local', 'netfair/aws', 'netfair/gcp', 'netfair/azure'])('importing %s loads no SDK', (specifier) => {
  const { files } = loadedBy(specifier)
  const packages = files.flatMap((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [])
  expect([...new Set(packages)].filter((name) => !['p-limit', 'yocto-queue'].includes(name))).toEqual([])
})
