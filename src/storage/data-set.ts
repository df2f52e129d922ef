import { InputError } from '../model/errors.ts'
import type { StoredObject } from '../model/object-store.ts'
import type { ObjectStore } from './object-store.ts'
import { placeOf } from './store-error.ts'

const MANIFEST = 'manifest.json'
const SCHEMA = 'netfair.data/1'
/** Of every object of a data set, where the store has tags. */
const TAGS = { netfair: 'data' } as const

/** What lies under a prefix, as its manifest says. */
export interface DataSet {
  readonly seed: number
  readonly objects: readonly StoredObject[]
  /** Objects that were being uploaded when the manifest was written; there are some only as long as that goes on, or after it was killed. */
  readonly pending: readonly string[]
}

/** The name of an object of a data set, behind the prefix. */
export const dataObjectId = (bytes: number, index: number): string => `${bytes}/${index}`

/** Tags of its objects. */
export const dataTags = (seed: number): Readonly<Record<string, string>> => ({ ...TAGS, 'netfair-seed': String(seed) })

/**
 * Undefined where none was prepared.
 * @throws InputError `DATA_SET_UNREADABLE`, and what the store throws
 */
export async function readDataSet(store: ObjectStore): Promise<DataSet | undefined> {
  const bytes = await store.get(MANIFEST)
  if (bytes === undefined) return undefined
  const read = parse(Buffer.from(bytes).toString('utf8'))
  if (isDataSet(read)) return read
  const { prefix = 'netfair/' } = store.location
  throw new InputError(
    'DATA_SET_UNREADABLE',
    `${placeOf(store.location)}: ${prefix}${MANIFEST} is not a manifest that this netfair can read.`,
    {
      hint: 'Take another prefix, or remove that object.',
    },
  )
}

export async function writeDataSet(store: ObjectStore, { seed, objects, pending }: DataSet): Promise<void> {
  const content = Buffer.from(`${JSON.stringify({ schema: SCHEMA, tags: TAGS, seed, objects, pending }, undefined, 1)}\n`)
  await store.put(MANIFEST, { bytes: content.length, read: () => [content], contentType: 'application/json', tags: dataTags(seed) })
}

export async function forgetDataSet(store: ObjectStore): Promise<void> {
  await store.delete([MANIFEST])
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isDataSet(read: unknown): read is DataSet {
  const { schema, seed, objects, pending } = (read ?? {}) as Partial<DataSet> & { readonly schema?: unknown }
  return schema === SCHEMA && typeof seed === 'number' && Array.isArray(objects) && objects.every(isObject) && Array.isArray(pending)
}

const isObject = ({ id, bytes, crc32 }: Partial<StoredObject>): boolean =>
  typeof id === 'string' && typeof bytes === 'number' && typeof crc32 === 'number'
