import { isAbandoned, type Ownership, type OwnershipTags, ownershipTags } from '../providers/cloud/ownership.ts'
import type { ObjectStore } from '../storage/object-store.ts'

const UPLOADS = 'uploads/'
const KEYS: readonly (keyof OwnershipTags)[] = ['netfair-run', 'netfair-owner', 'netfair-made', 'netfair-until']

/**
 * Where the functions of a run upload to. Its name is the ownership tags of the run: a signed URL cannot give tags to what is uploaded by it,
 * and not every store has any.
 */
export function uploadFolder(ownership: Ownership): string {
  const tags = ownershipTags(ownership)
  return `${UPLOADS}${KEYS.map((key) => tags[key]).join('.')}/`
}

/** Removes what was uploaded there. */
export async function removeUploads(store: ObjectStore, folder: string): Promise<void> {
  await removeWhere(store, folder, () => true)
}

/** Removes what killed runs have left. */
export async function removeAbandonedUploads(store: ObjectStore): Promise<void> {
  await removeWhere(store, UPLOADS, (id) => isAbandoned(tagsOf(id)))
}

function tagsOf(id: string): Readonly<Record<string, string>> {
  const [, folder = ''] = id.split('/')
  const values = folder.split('.')
  return values.length === KEYS.length ? Object.fromEntries(KEYS.map((key, index) => [key, values[index] ?? ''])) : {}
}

async function removeWhere(store: ObjectStore, prefix: string, unwanted: (id: string) => boolean): Promise<void> {
  const ids: string[] = []
  for await (const { id } of store.list(prefix)) if (unwanted(id)) ids.push(id)
  await store.delete(ids)
}
