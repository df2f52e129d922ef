import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from './connection.ts'
import type { CloudFunction, FunctionsApi } from './functions-api.ts'
import { isAlreadyThere } from './platform-error.ts'
import { removeFunction } from './removal.ts'
import { untilAborted } from './until-aborted.ts'
import { upload } from './upload.ts'
import { DIGEST_LABEL, type WantedFunction } from './wanted-function.ts'

export interface Placing {
  readonly connection: Connection
  readonly api: FunctionsApi
  /** `projects/…/locations/…` */
  readonly parent: string
  readonly wanted: WantedFunction
  readonly signal?: AbortSignal | undefined
  /** Called just before something is made that was not there. */
  onMaking(): void
}

const PAUSE_MS = 1000

/**
 * Makes the function, or what is there of it into the one wanted; nothing where it is that already.
 * @returns the function, live
 * @throws the SDK's errors; MeasurementError `DEPLOYMENT_FAILED`; the signal's reason
 */
export async function putInPlace(placing: Placing): Promise<CloudFunction> {
  const { api, wanted, signal } = placing
  let found = await settled(placing)
  if (found?.state === 'failed') {
    await removeFunction(api, found.name)
    found = undefined
  }
  if (found === undefined) await create(placing)
  else if (found.labels[DIGEST_LABEL] !== wanted.spec.labels[DIGEST_LABEL]) await api.update(wanted.spec, await sourceOf(placing), signal)
  else if (!isStillOurs(found, wanted)) await api.update(wanted.spec, undefined, signal)
  else return found
  return (await settled(placing)) ?? { name: wanted.spec.name, labels: {}, state: 'failed' }
}

async function create(placing: Placing): Promise<void> {
  const { api, wanted, signal } = placing
  const source = await sourceOf(placing)
  signal?.throwIfAborted()
  placing.onMaking()
  try {
    await api.create(wanted.spec, source, signal)
  } catch (error) {
    // Somebody else of this run was first.
    if (!isAlreadyThere(error)) throw error
  }
}

async function sourceOf({ api, connection, parent, wanted, signal }: Placing): Promise<Awaited<ReturnType<FunctionsApi['upload']>>> {
  const place = await untilAborted(api.upload(parent), signal)
  await upload(wanted.zip, place, connection, signal)
  return place
}

/** The function when nothing is under way on it. */
async function settled({ api, wanted, signal }: Placing): Promise<CloudFunction | undefined> {
  for (;;) {
    const found = await untilAborted(api.find(wanted.spec.name), signal)
    if (found?.state !== 'changing') return found
    await sleep(PAUSE_MS, undefined, signal === undefined ? {} : { signal })
  }
}

/** Whether the labels keep every reaper from it as long as they shall. */
function isStillOurs({ labels }: CloudFunction, { spec, endsBeforeMs = Date.now() }: WantedFunction): boolean {
  const sameOwner = labels['netfair-owner'] === spec.labels['netfair-owner']
  return sameOwner && Number(labels['netfair-until']) >= Math.floor(endsBeforeMs / 1000)
}
