import { stat } from 'node:fs/promises'
import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

/**
 * Puts what importing `netfair` loads into one file, because a hundred small ones take Node longer to find than to run: `dist/index.js` with
 * all that it imports, but for what it loads on demand, and for the errors, whose classes the other entries share.
 */
export async function bundleIndex(index: string): Promise<number> {
  await build({
    entryPoints: [index],
    outfile: index,
    allowOverwrite: true,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node22',
    format: 'esm',
    logLevel: 'warning',
    plugins: [apart(dirname(index))],
  })
  return (await stat(index)).size
}

/** Leaves modules where they are, with paths as the index sees them. */
const apart = (folder: string): Plugin => ({
  name: 'apart',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^\./ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (pluginData === 'resolved') return undefined
      const found = await resolve(path, { kind, resolveDir, pluginData: 'resolved' })
      const name = relative(folder, found.path)
      return kind === 'dynamic-import' || name === 'model/errors.js' ? { path: `./${name}`, external: true } : found
    })
  },
})

if (import.meta.main) {
  const index = fileURLToPath(new URL('../dist/index.js', import.meta.url))
  console.log(`${relative(process.cwd(), index)}: ${await bundleIndex(index)} bytes`)
}
