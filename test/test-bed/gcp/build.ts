import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { unzipSync } from 'fflate'
import { StatusError } from './status-error.ts'

const run = promisify(execFile)
const INSTALLED = fileURLToPath(new URL('../../../node_modules', import.meta.url))
const FRAMEWORK = '@google-cloud/functions-framework'

/** What its build needs to know of a function. */
export interface BuildOrder {
  /** The uploaded archive. */
  readonly bytes: Uint8Array
  readonly directory: string
  /** For messages. */
  readonly region: string
  readonly buildId: string
}

/**
 * Makes the directory that instances run in, as the buildpacks do: unpacks the archive, looks for the program and whether it can be parsed,
 * and installs what it depends on (from this project's own packages) with the functions framework.
 * @throws StatusError `INVALID_ARGUMENT`, as an operation ends with it
 */
export async function build({ bytes, directory, region, buildId }: BuildOrder): Promise<void> {
  const failed = (why: string): StatusError => buildFailed(why, { region, buildId })
  const files = unzip(bytes, failed)
  for (const [name, content] of files) {
    const path = join(directory, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  }
  const { main, dependencies } = manifestOf(files.get('package.json'), failed)
  const program = [main, main === undefined ? undefined : `${main}.js`, 'index.js', 'function.js'].find(
    (name) => name !== undefined && files.has(normalize(name)),
  )
  if (program === undefined) throw failed('function.js does not exist; index.js does not exist; "main" of package.json names no file')
  await run(process.execPath, ['--check', join(directory, program)]).catch((error: { readonly stderr?: string }) => {
    throw failed(`failed to run node --check ${program}: ${error.stderr?.split('\n').slice(0, 5).join(' ')}`)
  })
  for (const name of new Set([FRAMEWORK, ...dependencies])) await install(name, directory, failed)
}

export function buildFailed(why: string, { region, buildId }: Pick<BuildOrder, 'region' | 'buildId'>): StatusError {
  const logs = `https://console.cloud.google.com/cloud-build/builds;region=${region}/${buildId}`
  return new StatusError(
    'INVALID_ARGUMENT',
    `Build failed with status: FAILURE and message: ${why}. For more details see the logs at ${logs}.`,
  )
}

function unzip(bytes: Uint8Array, failed: (why: string) => StatusError): ReadonlyMap<string, Uint8Array> {
  try {
    const entries = Object.entries(unzipSync(bytes)).filter(([name]) => !name.endsWith('/'))
    const outside = entries.find(([name]) => normalize(name).startsWith('..') || name.startsWith('/'))
    if (outside !== undefined) throw new Error(`${outside[0]} is outside of the archive`)
    return new Map(entries.map(([name, content]) => [normalize(name), content]))
  } catch (error) {
    throw failed(`failed to extract the source archive: ${(error as Error).message}`)
  }
}

function manifestOf(
  bytes: Uint8Array | undefined,
  failed: (why: string) => StatusError,
): { main?: string; dependencies: readonly string[] } {
  if (bytes === undefined) return { dependencies: [] }
  try {
    const { main, dependencies = {} } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { main?: string; dependencies?: object }
    return { ...(main !== undefined && { main }), dependencies: Object.keys(dependencies) }
  } catch (error) {
    throw failed(`unmarshalling package.json: ${(error as Error).message}`)
  }
}

async function install(name: string, directory: string, failed: (why: string) => StatusError): Promise<void> {
  const link = join(directory, 'node_modules', name)
  await mkdir(dirname(link), { recursive: true })
  if (!existsSync(join(INSTALLED, name))) throw failed(`npm error 404 Not Found - ${name}`)
  await symlink(join(INSTALLED, name), link)
}
