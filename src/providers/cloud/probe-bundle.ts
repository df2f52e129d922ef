import { fileURLToPath } from 'node:url'
import type { BuildFailure, Message, Plugin } from 'esbuild'
import { InputError } from '../../model/errors.ts'
import { optionalPackage } from '../../model/optional-package.ts'

/** What `netfair` is inside a function: as source or as built, whichever this is. */
const NETFAIR = fileURLToPath(new URL(`netfair-in-functions.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url))

/** Its module is not netfair itself, which would bring the whole library along. */
const netfair: Plugin = {
  name: 'netfair',
  setup: ({ onResolve }) => onResolve({ filter: /^netfair(\/(local|aws|gcp|azure))?$/ }, () => ({ path: NETFAIR })),
}

/** CommonJS packages call `require` for Node's own modules. */
const REQUIRE = "import{createRequire as netfairRequire}from'node:module';const require=netfairRequire(import.meta.url);"

/**
 * Bundles the module of a probe of one's own, with all that it imports, into one ES module for a cloud function.
 * @param url as `Probe.module`: a `file:` URL
 * @throws InputError `PACKAGE_MISSING` (esbuild), `PROBE_NOT_BUNDLED` with what esbuild says
 */
export async function bundleProbe(url: string): Promise<Uint8Array> {
  const { build } = await optionalPackage('esbuild', 'a probe of your own in a cloud function', () => import('esbuild'))
  try {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(url)],
      plugins: [netfair],
      bundle: true,
      write: false,
      minify: true,
      format: 'esm',
      platform: 'node',
      target: 'node22',
      banner: { js: REQUIRE },
      legalComments: 'none',
      logLevel: 'silent',
    })
    return outputFiles[0]?.contents ?? new Uint8Array()
  } catch (cause) {
    const said = isBuildFailure(cause) ? cause.errors.slice(0, 3).map(inWords).join('; ') : String(cause)
    throw new InputError('PROBE_NOT_BUNDLED', `The probe module ${url} cannot be bundled for a cloud function: ${said}.`, {
      hint: 'Mend the module; best is one of its own for the probe, which imports of netfair what a probe needs: defineProbe.',
      cause,
    })
  }
}

const isBuildFailure = (error: unknown): error is BuildFailure => error instanceof Error && 'errors' in error && Array.isArray(error.errors)

const inWords = ({ text, location }: Message): string =>
  location === null ? text : `${text} (${location.file}:${location.line}:${location.column + 1})`
