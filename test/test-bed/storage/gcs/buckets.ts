import { rm } from 'node:fs/promises'
import { ApiError, noBucket, noObject } from './api-error.ts'

/** An object as the API tells of it. */
export interface ObjectResource {
  readonly kind: 'storage#object'
  readonly id: string
  readonly name: string
  readonly bucket: string
  /** Of this version of the object; numbers are text in this API. */
  readonly generation: string
  readonly size: string
  /** Base64. */
  readonly crc32c: string
  /** Base64. */
  readonly md5Hash: string
  readonly contentType: string
  readonly timeCreated: string
  readonly updated: string
  readonly storageClass: 'STANDARD'
  readonly metadata?: Readonly<Record<string, string>>
}

export interface StoredObject {
  readonly resource: ObjectResource
  /** Where its bytes are. */
  readonly file: string
}

export interface ListQuery {
  readonly prefix: string
  readonly maxResults: number
  readonly pageToken: string | undefined
}

/** All buckets with their objects: what the API tells in memory, the bytes in files. */
export class Buckets {
  readonly #buckets = new Map<string, Map<string, StoredObject>>()
  #generation = 1_700_000_000_000_000

  create(name: string): void {
    if (this.#buckets.has(name))
      throw new ApiError(409, 'conflict', 'Your previous request to create the named bucket succeeded and you already own it.')
    this.#buckets.set(name, new Map())
  }

  objects(bucket: string): ReadonlyMap<string, StoredObject> {
    return this.#objects(bucket)
  }

  find(bucket: string, name: string): StoredObject {
    const found = this.#objects(bucket).get(name)
    if (found === undefined) throw noObject(bucket, name)
    return found
  }

  async put({
    resource,
    file,
  }: {
    readonly resource: Omit<ObjectResource, 'generation' | 'id'>
    readonly file: string
  }): Promise<StoredObject> {
    const { bucket, name } = resource
    const objects = this.#objects(bucket)
    const before = objects.get(name)
    const generation = String(++this.#generation)
    const stored = { file, resource: { ...resource, generation, id: `${bucket}/${name}/${generation}` } }
    objects.set(name, stored)
    // Who reads it now has it open.
    if (before !== undefined) await rm(before.file, { force: true })
    return stored
  }

  async remove(bucket: string, name: string): Promise<void> {
    const { file } = this.find(bucket, name)
    this.#objects(bucket).delete(name)
    await rm(file, { force: true })
  }

  /** One page, in the order of the names. */
  list(bucket: string, { prefix, maxResults, pageToken }: ListQuery): { items: ObjectResource[]; nextPageToken?: string } {
    const after = pageToken === undefined ? '' : Buffer.from(pageToken, 'base64url').toString('utf8')
    const names = [...this.#objects(bucket).keys()].filter((name) => name.startsWith(prefix) && (after === '' || name > after)).sort()
    const page = names.slice(0, maxResults)
    const items = page.map((name) => this.find(bucket, name).resource)
    const last = page.at(-1)
    return page.length < names.length && last !== undefined ? { items, nextPageToken: Buffer.from(last).toString('base64url') } : { items }
  }

  #objects(bucket: string): Map<string, StoredObject> {
    const objects = this.#buckets.get(bucket)
    if (objects === undefined) throw noBucket()
    return objects
  }
}
