import { crc32 } from 'node:zlib'
import pLimit from 'p-limit'
import { InputError } from '../model/errors.ts'
import type { StoredObject, StoreLocation } from '../model/object-store.ts'
import { checkOptions, type OptionsSchema } from '../model/options.ts'
import { type DataSet, dataObjectId, dataTags, readDataSet, writeDataSet } from './data-set.ts'
import type { ObjectStore, StoreAccess } from './object-store.ts'
import { seededContent, seededCrc32 } from './seeded-content.ts'
import { placeOf } from './store-error.ts'
import { withStore } from './with-store.ts'

export interface PrepareDataOptions extends StoreAccess {
  /** Sizes, in bytes. Default 10, 20, 50, 100 and 200 MB (10⁶ bytes), as in the paper. */
  readonly chunkBytes?: readonly number[]
  /** Objects of each size, 1–10,000; functions download different ones as long as there are enough. Default 8. */
  readonly count?: number
  /** Of the content, an integer from 0 on. Default that of the data set that is there, else 1. */
  readonly seed?: number
  /** Called once it is known what is there already. */
  readonly onPlan?: (plan: DataPlan) => void
  readonly onProgress?: (progress: DataProgress) => void
}

export interface DataProgress {
  /** Objects that are there now, of so many. */
  readonly done: number
  readonly objects: number
  /** Bytes uploaded so far, of so many. */
  readonly uploadedBytes: number
  readonly bytesToUpload: number
}

export interface PreparedData {
  readonly seed: number
  /** All that the data set holds now, also of other sizes that were prepared before. */
  readonly objects: readonly StoredObject[]
  readonly uploaded: number
  readonly uploadedBytes: number
}

/** What a preparation will do. */
export interface DataPlan {
  readonly seed: number
  /** There already. */
  readonly kept: readonly StoredObject[]
  readonly missing: readonly Pick<StoredObject, 'id' | 'bytes'>[]
  /** Objects of these names that no manifest knows: they are replaced. */
  readonly strangers: readonly string[]
}

const schema: OptionsSchema = {
  type: 'object',
  properties: {
    chunkBytes: {
      ...{ type: 'array', minItems: 1, uniqueItems: true, items: { type: 'integer', minimum: 1, maximum: 5e9 } },
      ...{ default: [10e6, 20e6, 50e6, 100e6, 200e6], description: 'Different sizes in bytes, 1–5,000,000,000.' },
    },
    count: { type: 'integer', minimum: 1, maximum: 10_000, default: 8, description: 'Objects of each size, 1–10,000, default 8.' },
    seed: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'An integer from 0 on, default 1.' },
    signal: {},
    environment: {},
    onPlan: {},
    onProgress: {},
  },
  additionalProperties: false,
}

/** Uploads at once. */
const PARALLEL = 3

/** See `data-on-demand.ts`. */
export async function prepareData(location: StoreLocation, options: PrepareDataOptions = {}): Promise<PreparedData> {
  const checked = checkedOptions(options)
  return withStore(location, options, async (store, stopped) => {
    const before = await readDataSet(store)
    const plan = await planOf(store, before, checked)
    options.onPlan?.(plan)
    const objects = objectsAfter(before, plan)
    if (plan.missing.length === 0 && before?.pending.length === 0) return { seed: plan.seed, objects, uploaded: 0, uploadedBytes: 0 }
    await clear(store, before, plan)
    await writeDataSet(store, { seed: plan.seed, objects, pending: plan.missing.map(({ id }) => id) })
    const uploaded = await upload(store, plan, { stopped, onProgress: options.onProgress })
    const all = [...objects, ...uploaded].sort(byName)
    await writeDataSet(store, { seed: plan.seed, objects: all, pending: [] })
    return { seed: plan.seed, objects: all, uploaded: uploaded.length, uploadedBytes: uploaded.reduce((sum, { bytes }) => sum + bytes, 0) }
  })
}

type CheckedOptions = PrepareDataOptions & Required<Pick<PrepareDataOptions, 'chunkBytes' | 'count'>>

const checkedOptions = (options: PrepareDataOptions): CheckedOptions => checkOptions<CheckedOptions>('prepareData()', options, schema)

async function planOf(
  store: ObjectStore,
  before: DataSet | undefined,
  { chunkBytes, count, seed: asked }: CheckedOptions,
): Promise<DataPlan> {
  const seed = asked ?? before?.seed ?? 1
  if (before !== undefined && before.seed !== seed)
    throw new InputError('DATA_SET_DIFFERS', `${placeOf(store.location)}: the data set there has seed ${before.seed}, not ${seed}.`, {
      hint: 'Take another prefix, or remove it first: `netfair data remove`.',
    })
  const known = new Map(before?.objects.map((object) => [object.id, object]))
  const pending = new Set(before?.pending)
  const kept: StoredObject[] = []
  const missing: Pick<StoredObject, 'id' | 'bytes'>[] = []
  const strangers: string[] = []
  for (const bytes of chunkBytes) {
    const stored = new Map<string, number>()
    for await (const object of store.list(`${bytes}/`)) stored.set(object.id, object.bytes)
    for (let index = 0; index < count; index++) {
      const id = dataObjectId(bytes, index)
      const isThere = stored.get(id) === bytes
      const object = known.get(id)
      if (isThere && object !== undefined) kept.push(object)
      // Stores know no half objects: this one was complete before the kill.
      else if (isThere && pending.has(id)) kept.push({ id, bytes, crc32: seededCrc32(seed, id, bytes) })
      else {
        missing.push({ id, bytes })
        if (stored.has(id)) strangers.push(id)
      }
    }
  }
  return { seed, kept, missing, strangers }
}

/** What of the data set is there before anything is uploaded: what was asked for, and the other sizes. */
function objectsAfter(before: DataSet | undefined, { kept, missing }: DataPlan): readonly StoredObject[] {
  const asked = new Set([...kept, ...missing].map(({ id }) => id))
  return [...(before?.objects.filter(({ id }) => !asked.has(id)) ?? []), ...kept].sort(byName)
}

/** Removes what a killed preparation has left: uploads in parts that nobody will end, and objects that nobody wants now. */
async function clear(store: ObjectStore, before: DataSet | undefined, { kept, strangers }: DataPlan): Promise<void> {
  const keep = new Set([...kept, ...(before?.objects ?? [])].map(({ id }) => id))
  // A later call would take strangers for its own, once they are among the pending.
  await store.delete([...strangers, ...(before?.pending.filter((id) => !keep.has(id)) ?? [])])
}

interface Uploading {
  /** Aborted as soon as one of them has failed. */
  readonly stopped: AbortSignal
  readonly onProgress: PrepareDataOptions['onProgress']
}

async function upload(
  store: ObjectStore,
  { seed, kept, missing }: DataPlan,
  { stopped, onProgress }: Uploading,
): Promise<readonly StoredObject[]> {
  const [bytesToUpload, objects] = [missing.reduce((sum, { bytes }) => sum + bytes, 0), kept.length + missing.length]
  let [done, uploadedBytes] = [kept.length, 0]
  const tell = (): void => onProgress?.({ done, objects, uploadedBytes, bytesToUpload })
  tell()
  const limit = pLimit(PARALLEL)
  return limit.map(missing, async ({ id, bytes }) => {
    stopped.throwIfAborted()
    const crc = await put(store, { id, bytes, seed })
    done += 1
    uploadedBytes += bytes
    tell()
    return { id, bytes, crc32: crc }
  })
}

/** @returns CRC-32 of what the store has taken */
async function put(
  store: ObjectStore,
  { id, bytes, seed }: { readonly id: string; readonly bytes: number; readonly seed: number },
): Promise<number> {
  let crc = 0
  await store.put(id, {
    bytes,
    tags: dataTags(seed),
    *read() {
      crc = 0
      for (const piece of seededContent(seed, id, bytes)) {
        crc = crc32(piece, crc)
        yield piece
      }
    },
  })
  return crc
}

const byName = (a: StoredObject, b: StoredObject): number => a.bytes - b.bytes || a.id.localeCompare(b.id, 'en', { numeric: true })
