import { createHash, randomUUID } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { invalid } from './api-error.ts'
import type { Buckets, StoredObject } from './buckets.ts'
import { crc32c, crc32cText } from './crc32c.ts'

/** What a client says of an object that it uploads. */
export interface ObjectMetadata {
  readonly name?: string | undefined
  readonly contentType?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly crc32c?: string | undefined
  readonly md5Hash?: string | undefined
}

/** An object whose bytes are still arriving; they go to a file at once. */
export class Draft {
  readonly bucket: string
  readonly name: string
  bytes = 0
  readonly #metadata: ObjectMetadata
  readonly #file: string
  readonly #handle: FileHandle
  readonly #md5 = createHash('md5')
  #crc32c = 0

  private constructor(
    bucket: string,
    name: string,
    metadata: ObjectMetadata,
    file: { readonly path: string; readonly handle: FileHandle },
  ) {
    this.bucket = bucket
    this.name = name
    this.#metadata = metadata
    this.#file = file.path
    this.#handle = file.handle
  }

  static async open(directory: string, bucket: string, name: string, metadata: ObjectMetadata): Promise<Draft> {
    const path = join(directory, randomUUID())
    return new Draft(bucket, name, metadata, { path, handle: await open(path, 'w') })
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#crc32c = crc32c(bytes, this.#crc32c)
    this.#md5.update(bytes)
    this.bytes += bytes.length
    await this.#handle.writeFile(bytes)
  }

  /**
   * The object is complete.
   * @param hashes - what the client says of its bytes beside the metadata: the header `x-goog-hash`
   */
  async commit(buckets: Buckets, hashes?: string): Promise<StoredObject> {
    await this.#handle.close()
    const { bucket, name, bytes } = this
    const found = { crc32c: crc32cText(this.#crc32c), md5Hash: this.#md5.digest('base64') }
    const now = new Date().toISOString()
    try {
      check(found, { crc32c: this.#metadata.crc32c ?? hashOf(hashes, 'crc32c'), md5Hash: this.#metadata.md5Hash ?? hashOf(hashes, 'md5') })
      const { contentType = 'application/octet-stream', metadata } = this.#metadata
      const times = { timeCreated: now, updated: now, storageClass: 'STANDARD' } as const
      const resource = { kind: 'storage#object', bucket, name, size: String(bytes), contentType, ...found, ...times } as const
      return await buckets.put({ file: this.#file, resource: { ...resource, ...(metadata !== undefined && { metadata }) } })
    } catch (error) {
      await rm(this.#file, { force: true })
      throw error
    }
  }

  async discard(): Promise<void> {
    await this.#handle.close()
    await rm(this.#file, { force: true })
  }
}

function hashOf(header: string | undefined, name: string): string | undefined {
  return new RegExp(`(?:^|[, ])${name}=([^,]+)`).exec(header ?? '')?.[1]
}

function check(found: { crc32c: string; md5Hash: string }, said: { crc32c: string | undefined; md5Hash: string | undefined }): void {
  if (said.crc32c !== undefined && said.crc32c !== found.crc32c)
    throw invalid(`Provided CRC32C "${said.crc32c}" doesn't match calculated CRC32C "${found.crc32c}".`)
  if (said.md5Hash !== undefined && said.md5Hash !== found.md5Hash)
    throw invalid(`Provided MD5 hash "${said.md5Hash}" doesn't match calculated MD5 hash "${found.md5Hash}".`)
}
