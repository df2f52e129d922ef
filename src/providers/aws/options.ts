import { InputError } from '../../model/errors.ts'
import { checkOptions, type OptionsSchema } from '../../model/options.ts'

/** Options of {@link aws}. */
export interface AwsOptions {
  /** For example `eu-central-1`. Default: the environment's `AWS_REGION`, then `AWS_DEFAULT_REGION`. */
  readonly region?: string
  /** Execution role that Lambda assumes for the functions: `arn:aws:iam::ACCOUNT:role/NAME`. It needs no permissions. Only `cleanup` does without. */
  readonly roleArn?: string
  /** Default `x86_64`. */
  readonly architecture?: 'x86_64' | 'arm64'
  /** After which Lambda ends an invocation, in seconds, 1 to 900: longer than a round, with the wait for the last function. Default 900. */
  readonly timeoutSeconds?: number
  /** Ephemeral storage of an instance in MB, 512 to 10,240. Default 512, which is free. */
  readonly storageMb?: number
  /** Where functions of the level `vpc` of the factor `path` are; the first level, and so the default, is `public`. Default: no such factor. */
  readonly vpc?: AwsVpc
}

/** A network of the account. */
export interface AwsVpc {
  readonly subnetIds: readonly string[]
  readonly securityGroupIds: readonly string[]
}

/** Options with their defaults. */
export interface Settings extends AwsOptions {
  readonly architecture: 'x86_64' | 'arm64'
  readonly timeoutSeconds: number
  readonly storageMb: number
}

const idList = (prefix: string): object => ({ type: 'array', minItems: 1, items: { type: 'string', pattern: `^${prefix}-[0-9a-f]+$` } })

const SCHEMA: OptionsSchema = {
  type: 'object',
  properties: {
    region: {
      type: 'string',
      pattern: '^[a-z]{2}(-[a-z]+)+-[0-9]+$',
      description: 'Region, for example "eu-central-1"; default AWS_REGION of the environment.',
    },
    roleArn: {
      type: 'string',
      pattern: '^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$',
      description: 'ARN of the execution role, for example "arn:aws:iam::123456789012:role/netfair".',
    },
    architecture: { enum: ['x86_64', 'arm64'], default: 'x86_64', description: 'x86_64 or arm64; default x86_64.' },
    timeoutSeconds: { type: 'integer', minimum: 1, maximum: 900, default: 900, description: 'Seconds, 1 to 900; default 900.' },
    storageMb: { type: 'integer', minimum: 512, maximum: 10_240, default: 512, description: 'MB, 512 to 10240; default 512.' },
    vpc: {
      type: 'object',
      required: ['subnetIds', 'securityGroupIds'],
      properties: { subnetIds: idList('subnet'), securityGroupIds: idList('sg') },
      additionalProperties: false,
      description: '{subnetIds: ["subnet-…"], securityGroupIds: ["sg-…"]}.',
    },
  },
  additionalProperties: false,
}

/** @throws InputError `INVALID_OPTION`, `MISSING_OPTION`, `UNKNOWN_OPTION` */
export function checkAwsOptions(options: AwsOptions): Settings {
  const region = process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION']
  return checkOptions<Settings>('aws()', { ...(region && { region }), ...options }, SCHEMA)
}

/** @throws InputError `REGION_UNKNOWN` */
export function regionOf(region: string | undefined): string {
  if (region !== undefined) return region
  throw new InputError('REGION_UNKNOWN', 'aws(): no region is given.', {
    hint: 'Give "region", for example aws({region: "eu-central-1"}), or set AWS_REGION.',
  })
}

/** @throws InputError `PREREQUISITE_MISSING` */
export function roleOf({ roleArn }: AwsOptions): string {
  if (roleArn !== undefined) return roleArn
  throw new InputError('PREREQUISITE_MISSING', 'aws(): no "roleArn" is given; every Lambda function needs an execution role.', {
    hint: 'Make a role that lambda.amazonaws.com may assume, without permissions (docs/aws.md), and give its ARN.',
  })
}
