import { parseArgs } from 'node:util'
import { type AnalysisOptions, type Experiment, gcs, type Provider, type StoreLocation, s3 } from 'netfair'
import { local } from 'netfair/local'
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
  readonly concurrency: readonly number[]
  readonly seconds: number
  /** Functions of this machine are priced as if they had run on AWS. */
  readonly costMap: NonNullable<AnalysisOptions['costMap']>
  /** Folder of the journals. */
  readonly out: string
  close(): Promise<void>
}

const usage = `
  --provider local      aws, gcp: what must exist first is in docs/, examples/aws.ts, examples/gcp.ts; and NETFAIR_BUCKET
  --uplink-mbit 600     of the local host; the paper's functions got 560 by iperf3
  --chunk-mb 1          the paper: 10
  --chunks NUMBER       of a whole work; the paper: 100; default 10 (figure 4), 104 (figures 6 and 7)
  --memory 128,256,512,1024,2048,3008
  --concurrency 1,2,4,8,16,26
  --repetitions 4
  --seconds 1           of each measurement that is no whole work
  --out netfair-results/paper`

/** The numbers behind `--NAME`, or the usual ones. */
const numbers = (text: string): readonly number[] => text.split(',').map(Number)

/** @throws TypeError with the options that there are */
export async function settingOf(args: readonly string[]): Promise<Setting> {
  const { values } = parsed(args)
  const [chunkMb, uplinkMbit] = [Number(values['chunk-mb']), Number(values['uplink-mbit'])]
  const size = {
    chunkBytes: chunkMb * 1e6,
    ...(values.chunks !== undefined && { chunks: Number(values.chunks) }),
    repetitions: Number(values.repetitions),
    memoryMb: numbers(values.memory),
    concurrency: numbers(values.concurrency),
    seconds: Number(values.seconds),
    out: values.out,
  }
  if (values.provider === 'local') {
    const { provider, store, close } = await startLocalStore(local({ uplinkBitsPerSecond: uplinkMbit * 1e6, sharing: 'fifo' }))
    return { ...size, provider, store, costMap: { priceAs: 'aws:us-east-1' }, close }
  }
  const { default: example } = (await import(`../${values.provider}.ts`)) as { readonly default: Experiment }
  const { provider, targets } = example
  const target = targets[0] === undefined ? {} : { target: targets[0] }
  return { ...size, provider, ...target, store: bucketOf(values.provider), costMap: {}, close: async () => {} }
}

function bucketOf(provider: string): StoreLocation {
  const { NETFAIR_BUCKET: bucket = '', AWS_REGION: region = 'us-east-1' } = process.env
  return provider === 'aws' ? s3({ bucket, region }) : gcs({ bucket })
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        provider: { type: 'string', default: 'local' },
        'uplink-mbit': { type: 'string', default: '600' },
        'chunk-mb': { type: 'string', default: '1' },
        chunks: { type: 'string' },
        memory: { type: 'string', default: '128,256,512,1024,2048,3008' },
        concurrency: { type: 'string', default: '1,2,4,8,16,26' },
        repetitions: { type: 'string', default: '4' },
        seconds: { type: 'string', default: '1' },
        out: { type: 'string', default: 'netfair-results/paper' },
      },
    })
  } catch (error) {
    throw new TypeError(`${(error as Error).message}\nThe options and their defaults:${usage}`)
  }
}
