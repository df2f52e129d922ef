import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { unzipSync } from 'fflate'
import { invalid } from './service-error.ts'

const MAX_UNZIPPED_BYTES = 262_144_000

/** A ZIP as it was uploaded. */
export class DeploymentPackage {
  readonly bytes: number
  readonly sha256: string
  readonly #files: Readonly<Record<string, Uint8Array>>
  #folder: Promise<string> | undefined

  constructor(zip: Uint8Array) {
    this.bytes = zip.byteLength
    this.sha256 = createHash('sha256').update(zip).digest('base64')
    this.#files = unzip(zip)
    const unzipped = Object.values(this.#files).reduce((sum, file) => sum + file.byteLength, 0)
    if (unzipped > MAX_UNZIPPED_BYTES) throw invalid(`Unzipped size must be smaller than ${MAX_UNZIPPED_BYTES} bytes`)
  }

  /** Where its files lie, below `parent`; unpacked once. */
  unpacked(parent: string): Promise<string> {
    this.#folder ??= this.#unpack(parent)
    return this.#folder
  }

  async #unpack(parent: string): Promise<string> {
    const folder = await mkdtemp(join(parent, 'code-'))
    for (const [name, content] of Object.entries(this.#files)) {
      const path = resolve(folder, name)
      if (!path.startsWith(folder + sep) || name.endsWith('/')) continue
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, content)
    }
    return folder
  }
}

function unzip(zip: Uint8Array): Readonly<Record<string, Uint8Array>> {
  try {
    return unzipSync(zip)
  } catch {
    throw invalid('Could not unzip uploaded file. Please check your file, then try to upload again.')
  }
}
