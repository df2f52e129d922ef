import { stat } from 'node:fs/promises'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** The agent is carried into every function: it must stay small. */
export const MAX_BUNDLE_BYTES: number = 100 * 1024

const ENTRY = fileURLToPath(new URL('../src/agent/entries/local.ts', import.meta.url))
/** Where the package has it. */
export const LOCAL_AGENT: string = fileURLToPath(new URL('../dist/agents/local.mjs', import.meta.url))

/**
 * Bundles the local agent into one file without dependencies.
 * @returns its size in bytes
 */
export async function bundleAgent(outfile: string = LOCAL_AGENT): Promise<number> {
  await build({
    entryPoints: [ENTRY],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  })
  const { size } = await stat(outfile)
  if (size > MAX_BUNDLE_BYTES) throw new Error(`${outfile} has ${size} bytes; at most ${MAX_BUNDLE_BYTES} are allowed.`)
  return size
}

if (import.meta.main) console.log(`${relative(process.cwd(), LOCAL_AGENT)}: ${await bundleAgent()} bytes (limit ${MAX_BUNDLE_BYTES})`)
