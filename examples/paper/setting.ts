import { parseArgs } from 'node:util'
import type { AnalysisOptions, Experiment, Provider, StoreLocation } from 'netfair'
import { local } from 'netfair/local'
import { cloudNames, cloudStore } from './cloud-store.ts'
import { startLocalStore } from './local-store.ts'

/** What all figures take from the command line. */
export interface Setting {
  /** Where the functions run. */
  readonly provider: Provider
  /** Servers of netfair that they talk to; absent where the provider starts its own. */
  readonly target?: Experiment['targets'][number]
  /** Where their objects are. */
  readonly store: StoreLocation
  readonly chunkBytes: number
  /** Of a whole work, where it was said. */
  readonly chunks?: number
  readonly repetitions: number
  readonly memoryMb: readonly number[]
  /** Where memory is not varied, as in the paper: 128 and 1024 MB, or what the provider has instead. */
  readonly smallMb: number
  readonly middleMb: number
  readonly concurrency: readonly number[]
  readonly seconds: number
  /** Functions of this machine are priced as if they had run on AWS. */
  readonly costMap: NonNullable<AnalysisOptions['costMap']>
  /** Folder of the journals. */
  readonly out: string
  close(): Promise<void>
}

const usage = `
  --provider local      aws, gcp, azure: what must exist first, and which variables name it, is in docs/aws.md, docs/gcp.md, docs/azure.md;
                        for objects: NETFAIR_BUCKET = bucket in the same region; on azure a container of the account NETFAIR_ACCOUNT, and
                        AZURE_IDENTITY = the identity as which functions ask for it (docs/object-storage.md)
  --endpoint URL        of a store that is compatible with the cloud's own
  --ca FILE             certificates (PEM) of who vouches for that endpoint
  --uplink-mbit 600     of the local host; the paper's functions got 560 by iperf3
  --chunk-mb 1          the paper: 10
  --chunks NUMBER       of a whole work; the paper: 100; default 10 (figure 4), 104 (figures 6 and 7)
  --memory 128,256,512,1024,2048,3008   gcp: 128,256,512,1024,2048,4096; azure: 512,2048,4096
  --concurrency 1,2,4,8,16,26
  --repetitions 4
  --seconds 1           of each measurement that is no whole work
  --out netfair-results/paper`

/** @throws TypeError with the options that there are; InputError what a bucket or container cannot be */
export async function settingOf(args: readonly string[]): Promise<Setting> {
  const { values } = parsed(args)
  const cloud = cloudNames.find((name) => name === values.provider)
  if (cloud === undefined && values.provider !== 'local') throw refusal(`--provider: there is no "${values.provider}".`)
  const size = {
    chunkBytes: Math.round(positive('chunk-mb', values['chunk-mb']) * 1e6),
    ...(values.chunks !== undefined && { chunks: whole('chunks', values.chunks) }),
    repetitions: whole('repetitions', values.repetitions),
    memoryMb: (values.memory ?? usualMemory[cloud ?? 'local']).split(',').map((each) => whole('memory', each)),
    ...(cloud === 'azure' ? { smallMb: 512, middleMb: 2048 } : { smallMb: 128, middleMb: 1024 }),
    concurrency: values.concurrency.split(',').map((each) => whole('concurrency', each)),
    seconds: positive('seconds', values.seconds),
    out: values.out,
  }
  const uplinkBitsPerSecond = positive('uplink-mbit', values['uplink-mbit']) * 1e6
  if (cloud === undefined) {
    const { provider, store, close } = await startLocalStore(local({ uplinkBitsPerSecond, sharing: 'fifo' }))
    return { ...size, provider, store, costMap: { priceAs: 'aws:us-east-1' }, close }
  }
  const store = cloudStore(cloud, values)
  const { default: example } = (await import(`../${cloud}.ts`)) as { readonly default: Experiment }
  const { provider, targets } = example
  const target = targets[0] === undefined ? {} : { target: targets[0] }
  return { ...size, provider, ...target, store, costMap: {}, close: async () => {} }
}

const usualMemory = {
  local: '128,256,512,1024,2048,3008',
  aws: '128,256,512,1024,2048,3008',
  gcp: '128,256,512,1024,2048,4096',
  azure: '512,2048,4096',
} as const

function positive(option: string, text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value
  throw refusal(`--${option}: "${text}" is no number above 0.`)
}

function whole(option: string, text: string): number {
  const value = positive(option, text)
  if (Number.isInteger(value)) return value
  throw refusal(`--${option}: "${text}" is no whole number.`)
}

const refusal = (message: string): TypeError => new TypeError(`${message}\nThe options and their defaults:${usage}`)

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        provider: { type: 'string', default: 'local' },
        endpoint: { type: 'string' },
        ca: { type: 'string' },
        'uplink-mbit': { type: 'string', default: '600' },
        'chunk-mb': { type: 'string', default: '1' },
        chunks: { type: 'string' },
        memory: { type: 'string' },
        concurrency: { type: 'string', default: '1,2,4,8,16,26' },
        repetitions: { type: 'string', default: '4' },
        seconds: { type: 'string', default: '1' },
        out: { type: 'string', default: 'netfair-results/paper' },
      },
    })
  } catch (error) {
    throw refusal((error as Error).message)
  }
}
