import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OpenObjectClient } from '../../../src/model/object-client.ts'
import type { ObjectTransport } from '../../../src/model/object-store.ts'
import type { ObjectStore } from '../../../src/storage/object-store.ts'
import { openStore } from '../../../src/storage/open-store.ts'
import { makeCertificates } from '../../test-bed/certificates.ts'
import { type Fault, type FaultProxy, startFaultProxy } from '../../test-bed/storage/fault-proxy.ts'
import type { StorageServer } from '../../test-bed/storage/storage-server.ts'
import { move, objectDownload, objectUpload, putObjects, sign } from './move.ts'

const BYTES = 200_000
/** In the midst of an object. */
const MIDST = 100_000
const STALL_MS = 700

/** Codes that a failure may have, or how often a request is sent again before all bytes have come. */
type Outcome = RegExp | number

interface FaultCase {
  readonly name: string
  readonly fault: (proxy: FaultProxy) => Fault
  /** The next request meets none. */
  readonly once?: true
  /** By signed URL down and up, by the SDK down and up. */
  readonly outcomes: readonly [Outcome, Outcome, Outcome, Outcome]
}

/** What becomes of transfers by an SDK, down and up. */
type OfSdk = readonly [down: Outcome, up: Outcome]

export const STALLED: RegExp = /^STALLED$/
const cut: FaultCase['fault'] = () => ({ kind: 'cut', afterBytes: MIDST })
const stall: FaultCase['fault'] = () => ({ kind: 'stall', afterBytes: MIDST })
const late =
  (ms: number): FaultCase['fault'] =>
  () => ({ kind: 'slow-first-byte', ms })

/** The faults of the cloud, and what becomes of a transfer whose second object meets one. By signed URLs it is the same in all stores. */
export function casesOf(
  sdk: Readonly<Record<'cut' | 'busy' | 'broken' | 'wrongBit' | 'expired' | 'redirect' | 'elsewhere', OfSdk>>,
): readonly FaultCase[] {
  const expired = /^SIGNATURE_EXPIRED$/
  return [
    { name: 'a first byte that is late', fault: late(200), outcomes: [0, 0, 0, 0] },
    { name: 'a first byte that is too late', fault: late(3 * STALL_MS), outcomes: [STALLED, STALLED, STALLED, STALLED] },
    { name: 'a body that stands still', fault: stall, outcomes: [STALLED, STALLED, STALLED, STALLED] },
    { name: 'a cut', fault: cut, once: true, outcomes: [/^CONNECTION_CLOSED$/, 1, ...sdk.cut] },
    { name: 'a busy store', fault: () => ({ kind: 'slow-down' }), once: true, outcomes: [1, 1, ...sdk.busy] },
    { name: 'a broken store', fault: () => ({ kind: 'internal-error' }), once: true, outcomes: [1, 1, ...sdk.broken] },
    {
      name: 'one wrong bit',
      fault: () => ({ kind: 'corrupt', atByte: MIDST }),
      outcomes: [/^CHECKSUM_MISMATCH$/, 0, ...sdk.wrongBit],
    },
    { name: 'an expired signature', fault: () => ({ kind: 'expired' }), outcomes: [expired, expired, ...sdk.expired] },
    {
      name: 'a redirect',
      fault: ({ endpoint }) => ({ kind: 'redirect', to: endpoint }),
      once: true,
      outcomes: [0, /^STORE_FAILED$/, ...sdk.redirect],
    },
    {
      name: 'a redirect elsewhere',
      fault: () => ({ kind: 'redirect' }),
      outcomes: [/^TARGET_NOT_ALLOWED$/, /^STORE_FAILED$/, ...sdk.elsewhere],
    },
  ]
}

/** Of S3's SDK, whichever server answers. A body that streams cannot be sent again, nor is it verified. */
export const s3Cases: readonly FaultCase[] = casesOf({
  cut: [/^ECONNRESET$/, /^ECONNRESET$/],
  busy: [1, /^SlowDown$/],
  broken: [1, /^InternalError$/],
  wrongBit: [/^CHECKSUM_MISMATCH$/, 0],
  expired: [/^AccessDenied$/, /^AccessDenied$/],
  redirect: [/^Unknown$/, /^Unknown$/],
  elsewhere: [/^Unknown$/, /^Unknown$/],
})

interface Matrix {
  start(): Promise<StorageServer>
  readonly openClient: OpenObjectClient
  /** The proxy before the store speaks HTTPS. */
  readonly tls?: true
  readonly cases: readonly FaultCase[]
  /** What the SDK waits before it sends a request again, with some margin. */
  readonly sdkWaitMs: number
}

const ways = [
  ['signed-url', 'download'],
  ['signed-url', 'upload'],
  ['sdk', 'download'],
  ['sdk', 'upload'],
] as const

/** Every fault × transport × direction in mid-round: no wrong byte count, no hang, and a failure that says what it was, without secrets. */
export function faultMatrix(name: string, { start, openClient, tls, cases, sdkWaitMs }: Matrix): void {
  describe(`faults before ${name}`, () => {
    let server: StorageServer
    let proxy: FaultProxy
    let store: ObjectStore
    let folder: string

    beforeAll(async () => {
      server = await start()
      folder = await mkdtemp(join(tmpdir(), 'netfair-faults-'))
      proxy = await startFaultProxy(server, tls === true ? { certificates: await makeCertificates(folder) } : {})
      store = await openStore(proxy.location, { environment: server.environment })
    }, 120_000)

    afterAll(async () => {
      await store?.close()
      await proxy?.[Symbol.asyncDispose]()
      await server?.[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    })

    const rows = cases.flatMap((one) => ways.map((way, index) => [one.name, ...way, one, one.outcomes[index] as Outcome] as const))
    test.concurrent.each(rows)('%s, by %s, %s', async (...[, transport, direction, { fault, once }, outcome]) => {
      const place = `${cases.findIndex((one) => one.fault === fault)}-${transport}-${direction}`
      const objects =
        direction === 'download'
          ? await putObjects(store, 2, BYTES, place)
          : [0, 1].map((index) => ({ id: `${place}/${index}`, bytes: BYTES }))
      const requests = await sign(store, objects, direction === 'download' ? 'GET' : 'PUT')
      proxy.add({ path: new RegExp(`${place}/1`), ...(once === true && { times: 1 }), fault: fault(proxy) })
      const { location } = proxy
      const stallMs = outcome === STALLED ? STALL_MS : sdkWaitMs
      const probe = (direction === 'download' ? objectDownload : objectUpload)({
        ...{ store: location, chunkBytes: BYTES, bytes: 2 * BYTES, stallMs, transport: transport as ObjectTransport },
      })
      const sample = await move(probe, { location, objects, requests, openClient, credentials: server.environment })
      const { bytes, error, values } = sample
      if (typeof outcome === 'number') {
        expect([error, bytes, values?.['retries'], values?.['failedObjects']]).toEqual([undefined, 2 * BYTES, outcome, 0])
        if (direction === 'upload') expect(await store.head(`${place}/1`)).toEqual({ bytes: BYTES })
      } else {
        expect(error?.code).toMatch(outcome)
        expect(bytes).toBeUndefined()
        for (const secret of [...server.secrets, 'Signature=', 'sig=', 'X-Amz-', 'X-Goog-', '?'])
          expect(error?.message).not.toContain(secret)
      }
    })
  })
}
