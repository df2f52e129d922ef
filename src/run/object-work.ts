import { InputError } from '../model/errors.ts'
import type { MovedObject, ObjectDemand, ObjectWork, SignedRequest, StoreLocation } from '../model/object-store.ts'
import type { Probe } from '../model/probe.ts'
import type { AgentEntry } from '../providers/provider.ts'
import { type DataSet, readDataSet } from '../storage/data-set.ts'
import { type ObjectStore, seenByFunctions } from '../storage/object-store.ts'
import { openStore } from '../storage/open-store.ts'
import { placeOf } from '../storage/store-error.ts'
import { withStore } from '../storage/with-store.ts'
import type { Experiment } from './experiment.ts'
import { dealObjects } from './object-dealing.ts'
import type { Plan, PlannedRound } from './plan.ts'
import { removeAbandonedUploads, removeUploads } from './uploads.ts'

/** What one function of a round moves, where its probe moves objects. */
export type WorkOf = (slot: number) => ObjectWork | undefined

/** The objects of one run: which there are, and as whom functions ask for them. */
export interface ObjectStock {
  /** Functions need the SDK of the store. */
  readonly sdk: boolean
  /** What functions are lent to ask as whoever runs the experiment: `AgentConfig.credentials`. */
  readonly credentials?: Readonly<Record<string, string>>
  /** Deals out the objects of a round, and signs requests for them that last until then, epoch milliseconds. */
  workOf(round: PlannedRound, options: Dealing): Promise<WorkOf>
  /** Removes what functions have uploaded to that folder, and what killed runs have left where this one uploads to. */
  removeUploads(folder: string): Promise<void>
  /** Ends connections. */
  close(): Promise<void>
}

interface Dealing {
  /** See `uploadFolder`. */
  readonly uploads: string
  readonly attempt: number
  readonly expiresAtMs: number
}

/** Where each cloud's agent carries the SDK of its own store only. */
const CARRIED: Readonly<Record<AgentEntry, readonly StoreLocation['store'][]>> = {
  local: ['s3', 'gcs', 'azure-blob'],
  aws: ['s3'],
  gcp: ['gcs'],
  azure: ['azure-blob'],
}

/**
 * Opens the object stores that the rounds need, and makes sure that all is there. Undefined where no probe moves objects.
 * @throws InputError `PACKAGE_MISSING`, `CREDENTIALS_MISSING`, `STORE_ACCESS_DENIED`, `BUCKET_MISSING`, `DATA_SET_MISSING`, `TOO_FEW_OBJECTS`,
 *   `STORE_NOT_CARRIED`; MeasurementError `STORE_UNREACHABLE`
 */
export async function openObjectStock(experiment: Experiment, { rounds }: Plan, signal?: AbortSignal): Promise<ObjectStock | undefined> {
  const demands = demandsOf(rounds)
  const [first] = demands
  if (first === undefined) return undefined
  const stores = new Map<string, OpenedStore>()
  const close = async (): Promise<void> => {
    await Promise.all([...stores.values()].flatMap(({ store, signing }) => [store.close(), signing.close()]))
  }
  try {
    for (const { location } of demands) {
      const key = JSON.stringify(location)
      if (!stores.has(key)) stores.set(key, await openedStore(location, signal))
    }
    const at = (location: StoreLocation): OpenedStore => stores.get(JSON.stringify(location)) as OpenedStore
    for (const round of rounds) checkRound(round, at)
    const entry = experiment.provider.agentEntry ?? 'local'
    const sdk = demands.filter(({ transport }) => transport === 'sdk')
    for (const { location } of sdk) checkCarried(location, entry)
    for (const demand of demands) if (demand.transport === 'signed-url') await trySigning(at(demand.location))
    const credentials = await lentTo(sdk, entry, at)
    return {
      sdk: sdk.length > 0,
      ...(credentials !== undefined && { credentials }),
      workOf: (round, options) => workOf(round, options, at),
      async removeUploads(folder) {
        const uploading = new Set(demands.filter(({ direction }) => direction === 'upload').map(({ location }) => JSON.stringify(location)))
        for (const key of uploading) {
          // Stores that were opened with the run's signal do nothing once it is aborted.
          await withStore(JSON.parse(key) as StoreLocation, {}, async (store) => {
            await removeUploads(store, folder)
            await removeAbandonedUploads(store)
          })
        }
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Whether functions ask a store as their own identity on the platform. */
export function asksByIdentity({ provider }: Pick<Experiment, 'provider'>, { rounds }: Pick<Plan, 'rounds'>): boolean {
  const { agentEntry = 'local' } = provider
  const asked = demandsOf(rounds).filter(({ transport }) => transport === 'sdk')
  return asked.some(({ location }) => asWhom(location, agentEntry) === 'identity')
}

const demandsOf = (rounds: readonly PlannedRound[]): readonly ObjectDemand[] =>
  rounds.flatMap((round) => probesOf(round).flatMap(({ objects }) => objects ?? []))

/** On this machine functions have no identity. */
const asWhom = ({ credentials }: StoreLocation, entry: AgentEntry): 'identity' | 'environment' =>
  credentials ?? (entry === 'local' ? 'environment' : 'identity')

interface OpenedStore {
  readonly store: ObjectStore
  /** Signs for the origin that functions see. */
  readonly signing: ObjectStore
  readonly data: DataSet | undefined
}

async function openedStore(location: StoreLocation, signal: AbortSignal | undefined): Promise<OpenedStore> {
  const access = signal === undefined ? {} : { signal }
  const store = await openStore(location, access)
  return { store, signing: await openStore(seenByFunctions(location), access), data: await readDataSet(store) }
}

/** The probes of a round: where it has neighbours, theirs too. */
const probesOf = ({ probe, roles }: PlannedRound): readonly Probe[] => (roles === undefined ? [probe] : [probe, roles.neighbour])

const probeOf = ({ probe, roles }: PlannedRound, slot: number): Probe =>
  roles !== undefined && slot >= roles.victims ? roles.neighbour : probe

function checkRound(round: PlannedRound, at: (location: StoreLocation) => OpenedStore): void {
  for (const { objects: demand } of probesOf(round)) {
    if (demand === undefined) continue
    const { work } = round
    if (work !== undefined && work.chunkBytes !== demand.chunkBytes)
      throw new InputError(
        'INVALID_OPTION',
        `experiment: "work" has chunks of ${work.chunkBytes} bytes, its probe objects of ${demand.chunkBytes}.`,
        { hint: 'Give both the same "chunkBytes".' },
      )
    if (demand.direction === 'download') dealObjects(round, demand, poolOf(demand, at(demand.location)))
  }
}

/** Objects of the wanted size. */
function poolOf({ location, chunkBytes }: ObjectDemand, { data }: OpenedStore): readonly MovedObject[] {
  const pool = data?.objects.filter(({ bytes }) => bytes === chunkBytes) ?? []
  if (pool.length > 0) return pool
  const sizes = [...new Set(data?.objects.map(({ bytes }) => bytes))].join(', ')
  const there = sizes === '' ? 'has no data set' : `has objects of ${sizes} bytes only`
  throw new InputError(
    'DATA_SET_MISSING',
    `${placeOf(location)} ${there} under ${location.prefix ?? 'netfair/'}; ${chunkBytes} are wanted.`,
    {
      hint: `Run \`netfair data prepare\` with chunks of ${chunkBytes} bytes.`,
    },
  )
}

function checkCarried(location: StoreLocation, entry: AgentEntry): void {
  if (CARRIED[entry].includes(location.store)) return
  throw new InputError(
    'STORE_NOT_CARRIED',
    `Functions on ${entry} carry the SDK of ${CARRIED[entry].join(', ')}, not that of ${location.store}.`,
    {
      hint: 'Use the transport "signed-url".',
    },
  )
}

/** Some ways to sign in cannot sign requests: that shows now, not in a round. */
async function trySigning({ signing }: OpenedStore): Promise<void> {
  await signing.sign({ method: 'GET', id: 'manifest.json', expiresAtMs: Date.now() + 60_000 })
}

async function lentTo(
  demands: readonly ObjectDemand[],
  entry: AgentEntry,
  at: (location: StoreLocation) => OpenedStore,
): Promise<Readonly<Record<string, string>> | undefined> {
  const lent = demands.filter(({ location }) => asWhom(location, entry) === 'environment').map(({ location }) => at(location).store)
  if (lent.length === 0) return undefined
  return Object.assign({}, ...(await Promise.all([...new Set(lent)].map((store) => store.lend()))))
}

async function workOf(round: PlannedRound, options: Dealing, at: (location: StoreLocation) => OpenedStore): Promise<WorkOf> {
  const works = new Map<Probe, (slot: number) => ObjectWork>()
  for (const probe of probesOf(round)) if (probe.objects !== undefined) works.set(probe, await dealtWork(round, probe.objects, options, at))
  return (slot) => works.get(probeOf(round, slot))?.(slot)
}

/** Every object is signed for once a round, whoever gets it. */
async function dealtWork(
  round: PlannedRound,
  demand: ObjectDemand,
  { uploads, attempt, expiresAtMs }: Dealing,
  at: (location: StoreLocation) => OpenedStore,
): Promise<(slot: number) => ObjectWork> {
  const { location, transport, direction } = demand
  const opened = at(location)
  const dealt =
    direction === 'download'
      ? dealObjects(round, demand, poolOf(demand, opened))
      : dealUploads(round, demand, `${uploads}${nameOf(round.id)}.${attempt}`)
  const signed = new Map<string, SignedRequest>()
  const method = direction === 'download' ? 'GET' : 'PUT'
  if (transport === 'signed-url')
    for (const { id } of new Set(dealt.flat())) if (!signed.has(id)) signed.set(id, await opened.signing.sign({ method, id, expiresAtMs }))
  return (slot) => {
    const objects = dealt[slot % dealt.length] ?? []
    const requests = objects.flatMap(({ id }) => signed.get(id) ?? [])
    return { location, transport, objects, ...(transport === 'signed-url' && { requests }) }
  }
}

/** One list a function; with fixed work one for all. */
function dealUploads(
  { concurrency, work }: PlannedRound,
  { atOnce, chunkBytes: bytes }: ObjectDemand,
  place: string,
): readonly (readonly MovedObject[])[] {
  const uploads = (count: number, who: string): readonly MovedObject[] =>
    Array.from({ length: count }, (_, index) => ({ id: `${place}/${who}${index}`, bytes }))
  return work === undefined ? Array.from({ length: concurrency }, (_, slot) => uploads(atOnce, `${slot}-`)) : [uploads(work.chunks, '')]
}

const nameOf = (id: string): string => id.replaceAll(/[^A-Za-z0-9._-]/g, '_')
