import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { createCapabilities } from '../../../src/agent/capabilities.ts'
import { describeFailure } from '../../../src/agent/object-transfer.ts'
import type { OpenObjectClient } from '../../../src/model/object-client.ts'
import type { MovedObject, ObjectWork, SignedRequest, StoredObject, StoreLocation } from '../../../src/model/object-store.ts'
import type { Measurement, Probe } from '../../../src/model/probe.ts'
import { type ObjectParams, objectDownloadProbe, objectUploadProbe } from '../../../src/probes/object-storage/measure.ts'
import { objectDownload } from '../../../src/probes/object-storage/object-download.ts'
import { objectUpload } from '../../../src/probes/object-storage/object-upload.ts'
import type { ObjectStore } from '../../../src/storage/object-store.ts'
import { clock, nowhere } from '../http-download/measure.ts'

/** Puts objects of random bytes into a store. */
export async function putObjects(
  store: ObjectStore,
  count: number,
  bytes: number,
  place: string = String(bytes),
): Promise<readonly StoredObject[]> {
  return await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const content = randomBytes(bytes)
      const id = `${place}/${index}`
      await store.put(id, { bytes, read: () => [content] })
      return { id, bytes, crc32: crc32(content) }
    }),
  )
}

export const sign = (store: ObjectStore, objects: readonly MovedObject[], method: SignedRequest['method'] = 'GET', lifeMs = 60_000) =>
  Promise.all(objects.map(({ id }) => store.sign({ method, id, expiresAtMs: Date.now() + lifeMs })))

export interface MoveSettings {
  readonly location: StoreLocation
  readonly objects: readonly MovedObject[]
  readonly requests?: readonly SignedRequest[]
  readonly openClient?: OpenObjectClient
  readonly credentials?: Readonly<Record<string, string>>
  /** Further origins that the agent may talk to. */
  readonly allowed?: readonly string[]
  readonly signal?: AbortSignal
}

/** Runs a probe as the agent does; its failure is what `error` of the sample would say. */
export async function move(
  probe: Probe,
  settings: MoveSettings,
): Promise<Measurement & { readonly error?: { code: string; message: string } }> {
  const { location, objects, requests, allowed = [], signal = AbortSignal.timeout(20_000), openClient, credentials } = settings
  const params = probe.params as unknown as ObjectParams
  const work: ObjectWork = { location, transport: params.transport, objects, ...(requests !== undefined && { requests }) }
  const capabilities = createCapabilities({
    allowedTargets: [...(probe.origins ?? []), ...allowed],
    clock,
    signal,
    objects: { work, secrets: [], ...(openClient && { openClient }), ...(credentials && { credentials }) },
  })
  const code = probe.name === 'object-upload' ? objectUploadProbe : objectDownloadProbe
  const direction = probe.name === 'object-upload' ? 'upload' : 'download'
  const context = { params, direction, target: nowhere, capabilities } as const
  const startedAtMs = capabilities.now()
  try {
    const session = await code.prepare?.(context)
    if (session === undefined) throw new Error('not prepared')
    const [measurement] = await code.run(context, session)
    if (measurement === undefined) throw new Error('not measured')
    return measurement
  } catch (error) {
    return { direction, startedAtMs, endedAtMs: capabilities.now(), error: describeFailure(error, []) }
  }
}

export { objectDownload, objectUpload }
