import { InputError } from '../../model/errors.ts'
import { checkOptions, type OptionsSchema } from '../../model/options.ts'
import { checkOffered, type MemoryOffer } from '../cloud/offered-memory.ts'

/** Options of {@link gcp}. */
export interface GcpOptions {
  /** Default: `GOOGLE_CLOUD_PROJECT`, or the project of the credentials. */
  readonly projectId?: string
  /** For example `us-central1`. Only `cleanup` does without. */
  readonly region?: string
  /** Cloud Functions of the 2nd generation, which run on Cloud Run, or of the 1st. Default 2. */
  readonly generation?: 1 | 2
  /** CPUs of an instance, 0.08 to 8; 2nd generation only. Default: those that come with its memory, 1 with 2048 MB. */
  readonly vcpus?: number
  /** When the platform ends an invocation, in seconds, 1 to 3600 (1st generation: 540). Default 540. */
  readonly timeoutSeconds?: number
  /** Email address of the service account that the functions run as; it needs no roles. Default: the platform's own for functions. */
  readonly serviceAccount?: string
  /**
   * How tasks get to a function. `https`: to its own URL, with an identity token. `call`: by the method `callFunction` of the API, which
   * Google limits to a few calls a minute; 1st generation only. Default `https`.
   */
  readonly invokeBy?: 'https' | 'call'
}

/** Options with their defaults. */
export interface Settings extends GcpOptions {
  readonly generation: 1 | 2
  readonly timeoutSeconds: number
  readonly invokeBy: 'https' | 'call'
}

const SCHEMA: OptionsSchema = {
  type: 'object',
  properties: {
    projectId: { type: 'string', minLength: 1, description: 'Id of the project; default GOOGLE_CLOUD_PROJECT or that of the credentials.' },
    region: { type: 'string', pattern: '^[a-z]+(-[a-z]+)+[0-9]+$', description: 'Region, for example us-central1.' },
    generation: { enum: [1, 2], default: 2, description: 'Generation of Cloud Functions, 1 or 2; default 2.' },
    vcpus: { type: 'number', minimum: 0.08, maximum: 8, description: 'CPUs of an instance, 0.08 to 8; default by its memory.' },
    timeoutSeconds: { type: 'integer', minimum: 1, maximum: 3600, default: 540, description: 'Seconds, 1 to 3600; default 540.' },
    serviceAccount: {
      type: 'string',
      pattern: '^[^@\\s]+@[^@\\s]+$',
      description: 'Email address of the service account of the functions.',
    },
    invokeBy: { enum: ['https', 'call'], default: 'https', description: 'How tasks get to a function: https or call; default https.' },
  },
  additionalProperties: false,
}

/**
 * Checks the options of {@link gcp}.
 * @throws InputError `INVALID_OPTION`, `UNKNOWN_OPTION`
 */
export function checkGcpOptions(options: GcpOptions): Settings {
  const settings = checkOptions<Settings>('gcp()', options, SCHEMA)
  const { generation, vcpus, timeoutSeconds, invokeBy } = settings
  if (generation === 1 && vcpus !== undefined) throw onlyWith2('"vcpus"', `${vcpus}`, 'The 1st generation gives CPU by memory: remove it.')
  if (generation === 1 && timeoutSeconds > 540)
    throw onlyWith2('"timeoutSeconds" above 540', `${timeoutSeconds}`, 'Give at most 540 seconds.')
  if (generation === 2 && invokeBy === 'call')
    throw new InputError('INVALID_OPTION', 'gcp(): "invokeBy" is "call", which functions of the 2nd generation do not know.', {
      hint: 'Use "https", or generation 1.',
    })
  return settings
}

function onlyWith2(what: string, value: string, hint: string): InputError {
  return new InputError('INVALID_OPTION', `gcp(): ${what} is only possible with generation 2, got ${value}.`, { hint })
}

const GEN1_MB: MemoryOffer = [128, 256, 512, 1024, 2048, 4096, 8192]
const GEN2_MB: MemoryOffer = [128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768]
/** Cloud Run's largest number of instances of one service; the quota of a region may be lower, and the API does not tell it. */
const GEN2_INSTANCES = 1000
const GEN1_INSTANCES = 3000

/**
 * What can be refused without asking anybody.
 * @throws InputError `INVALID_MEMORY`, `INVALID_CONCURRENCY`
 */
export function checkDemand({ generation }: Settings, memoryMb: readonly number[], concurrency: number): void {
  const [offer, most] = generation === 1 ? [GEN1_MB, GEN1_INSTANCES] : [GEN2_MB, GEN2_INSTANCES]
  for (const size of memoryMb) checkOffered(size, offer, `Google Cloud Functions (gen${generation})`)
  if (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= most) return
  throw new InputError(
    'INVALID_CONCURRENCY',
    `concurrency is ${concurrency}; Google Cloud Functions (gen${generation}) allow 1 to ${most}.`,
    {
      hint: `Use at most ${most} instances at once; the quota of the region may be lower.`,
    },
  )
}

/** @throws InputError `INVOCATION_TOO_LONG` */
export function checkDuration(longestMs: number, { timeoutSeconds, generation }: Settings): void {
  if (longestMs <= timeoutSeconds * 1000) return
  const seconds = Math.ceil(longestMs / 1000)
  const most = generation === 1 ? 540 : 3600
  throw new InputError('INVOCATION_TOO_LONG', `An invocation may take ${seconds} s; timeoutSeconds of gcp() is ${timeoutSeconds}.`, {
    hint:
      seconds > most
        ? `Shorten the probe: generation ${generation} allows ${most} s at most.`
        : `Set timeoutSeconds to ${seconds} or more (at most ${most}).`,
  })
}

/** @throws InputError `MISSING_OPTION` */
export function regionOf({ region }: Settings): string {
  if (region !== undefined) return region
  throw new InputError('MISSING_OPTION', 'gcp(): "region" is missing.', {
    hint: 'Give the region of the functions, for example us-central1.',
  })
}
