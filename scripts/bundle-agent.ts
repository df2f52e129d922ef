import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build } from 'esbuild'

/** The agent is carried into every function: it must stay small. */
export const MAX_BUNDLE_BYTES: number = 100 * 1024

/** CommonJS libraries call `require` for Node's own modules. */
const REQUIRE = "import{createRequire as netfairRequire}from'node:module';const require=netfairRequire(import.meta.url);"

interface Platform {
  readonly maxBytes: number
  readonly options?: BuildOptions
}

/** One entry a platform in src/agent/entries. */
const platforms: Readonly<Record<string, Platform>> = {
  local: { maxBytes: MAX_BUNDLE_BYTES },
  aws: { maxBytes: MAX_BUNDLE_BYTES },
  gcp: { maxBytes: MAX_BUNDLE_BYTES },
  // With the platform's own library, which speaks to a module that only its worker has.
  azure: { maxBytes: 2 * MAX_BUNDLE_BYTES, options: { external: ['@azure/functions-core'], banner: { js: REQUIRE } } },
  // Only for experiments that ask for the SDK of an object store.
  'local-sdk': sdk(3000),
  'aws-sdk': sdk(1000),
  'gcp-sdk': sdk(1500),
  'azure-sdk': sdk(1500),
}

function sdk(maxKilobytes: number): Platform {
  return { maxBytes: maxKilobytes * 1024, options: { external: ['@azure/functions-core'], banner: { js: REQUIRE } } }
}

/** Where the package has them. */
const bundleOf = (platform: string): string => fileURLToPath(new URL(`../dist/agents/${platform}.mjs`, import.meta.url))
const entryOf = (platform: string): string => fileURLToPath(new URL(`../src/agent/entries/${platform}.ts`, import.meta.url))

/**
 * Bundles the agent of one platform into one file without dependencies.
 * @returns its size in bytes
 */
export async function bundleAgent(platform: string, outfile: string = bundleOf(platform)): Promise<number> {
  const { maxBytes, options } = platforms[platform] ?? { maxBytes: MAX_BUNDLE_BYTES }
  await build({
    entryPoints: [entryOf(platform)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    ...options,
  })
  const { size } = await stat(outfile)
  if (size > maxBytes) throw new Error(`${outfile} has ${size} bytes; at most ${maxBytes} are allowed.`)
  return size
}

if (import.meta.main) {
  for (const [platform, { maxBytes }] of Object.entries(platforms)) {
    if (!existsSync(entryOf(platform))) continue
    console.log(`${relative(process.cwd(), bundleOf(platform))}: ${await bundleAgent(platform)} bytes (limit ${maxBytes})`)
  }
}
