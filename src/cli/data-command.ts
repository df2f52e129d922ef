import { type Command, InvalidArgumentError } from 'commander'
import { type DataSetCost, dataSetCost } from '../pricing/data-set-cost.ts'
import { currentPriceBook } from '../pricing/price-book.ts'
import { formatUsd } from '../report/format.ts'
import { type DataPlan, type DataProgress, prepareData } from '../storage/prepare-data.ts'
import { removeData } from '../storage/remove-data.ts'
import { writesOf } from '../storage/upload-parts.ts'
import { interruptible } from './interruption.ts'
import { type StoreFlags, storeLocation } from './store-url.ts'

interface RemoveFlags extends StoreFlags {
  readonly store: string
}

interface PrepareFlags extends RemoveFlags {
  readonly chunk?: number[]
  readonly count?: number
  readonly seed?: number
}

export function addDataCommand(program: Command): void {
  const data = program.command('data').description('the objects that functions download from an object store')
  placed(data.command('prepare'))
    .description('upload them, once: seeded bytes that cannot be compressed, with a manifest; goes on where a killed one has stopped')
    .option('--chunk <sizes>', 'sizes, with commas between them; default 10MB,20MB,50MB,100MB,200MB', sizes)
    .option('--count <number>', 'objects of each size; default 8', integer)
    .option('--seed <number>', 'of the content; default 1', integer)
    .action(prepare)
  placed(data.command('remove')).description('remove what `netfair data prepare` has uploaded, and nothing else').action(remove)
}

function placed(command: Command): Command {
  return command
    .requiredOption('--store <address>', 's3://bucket/prefix, gs://bucket/prefix or azure://account/container/prefix')
    .option('--region <region>', 'of an S3 bucket; default AWS_REGION')
    .option('--endpoint <url>', 'of a store that is compatible with one of these')
    .option('--ca <file>', 'certificates (PEM) of the authorities that vouch for that endpoint')
}

async function prepare({ store, chunk, count, seed, ...flags }: PrepareFlags): Promise<void> {
  const location = storeLocation(store, flags)
  const options = {
    ...(chunk !== undefined && { chunkBytes: chunk }),
    ...(count !== undefined && { count }),
    ...(seed !== undefined && { seed }),
  }
  const onPlan = ({ kept, missing }: DataPlan): void => {
    const bytes = sum(missing)
    const there = kept.length === 0 ? '' : `${kept.length} objects are there. `
    say(missing.length === 0 ? '' : `${there}Uploading ${missing.length} objects, ${megabytes(bytes)} MB.`)
    const writes = missing.reduce((all, object) => all + writesOf(location, object.bytes), 2)
    if (missing.length > 0) say(costLine(dataSetCost(location, { writes, bytes: bytes + sum(kept) })))
  }
  const done = await interruptible((signal) => prepareData(location, { ...options, signal, onPlan, onProgress: progress() }))
  const said = done.uploaded === 0 ? 'Nothing was uploaded' : `Uploaded ${done.uploaded} objects, ${megabytes(done.uploadedBytes)} MB`
  process.stdout.write(`${said}: ${store} has ${done.objects.length} objects, ${megabytes(sum(done.objects))} MB, seed ${done.seed}.\n`)
}

async function remove({ store, ...flags }: RemoveFlags): Promise<void> {
  const location = storeLocation(store, flags)
  const removed = await interruptible((signal) => removeData(location, { signal }))
  process.stdout.write(removed === 0 ? `Nothing was there: ${store}.\n` : `Removed ${removed} objects: ${store}.\n`)
}

function costLine(cost: DataSetCost | undefined): string {
  if (cost === undefined) return 'Cost: no price is known of this store.'
  const { requests, month, assumptions } = cost
  const said = `${formatUsd(requests.usd)} for ${requests.quantity} requests, then ${formatUsd(month.usd)} a month`
  return [`Cost: ${said}, by the prices of ${currentPriceBook.date}.`, ...assumptions].join('\n  ')
}

/** A line for every tenth that is uploaded. */
function progress(): (progress: DataProgress) => void {
  let said = 0
  return ({ done, objects, uploadedBytes, bytesToUpload }) => {
    const tenths = bytesToUpload === 0 ? 0 : Math.floor((10 * uploadedBytes) / bytesToUpload)
    if (tenths > said) say(`${done}/${objects} objects, ${megabytes(uploadedBytes)} of ${megabytes(bytesToUpload)} MB`)
    said = tenths
  }
}

const say = (line: string): void => void (line !== '' && process.stderr.write(`${line}\n`))
const sum = (objects: readonly { readonly bytes: number }[]): number => objects.reduce((all, { bytes }) => all + bytes, 0)
const megabytes = (bytes: number): string => String(Number((bytes / 1e6).toPrecision(6)))

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
}

function sizes(text: string): number[] {
  return text.split(',').map((each) => {
    const [, number = '', unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$/.exec(each) ?? []
    const bytes = Number(number) * (units[unit] ?? Number.NaN)
    if (number !== '' && Number.isInteger(bytes) && bytes > 0) return bytes
    throw new InvalidArgumentError('A size is a number with a unit, for example 10MB or 512KiB; several have commas between them.')
  })
}

function integer(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= 0) return value
  throw new InvalidArgumentError('It must be an integer from 0 on.')
}
