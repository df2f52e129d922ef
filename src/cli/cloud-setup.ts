import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { TierFinding } from '../providers/local.ts'

/** What this machine has for a cloud, by its environment, files and packages alone: nothing is asked over a network. */
export interface CloudSetup {
  readonly found: Readonly<Record<string, string>>
  readonly missing: TierFinding['missing']
}

type Environment = Readonly<Record<string, string | undefined>>

interface Need {
  readonly what: string
  /** Where it was found. */
  find(environment: Environment): string | undefined
  readonly evidence: string
  readonly remedy: string
}

export type CloudName = 'aws' | 'gcp' | 'azure'

/** What the cloud needs, and what of it is there. */
export function cloudSetup(cloud: CloudName, environment: Environment = process.env): CloudSetup {
  const found: Record<string, string> = {}
  const missing: CloudSetup['missing'][number][] = []
  for (const { what, find, evidence, remedy } of needs[cloud]) {
    const where = find(environment)
    if (where === undefined) missing.push({ what, evidence, remedy })
    else found[what] = where
  }
  return { found, missing }
}

const needs: Readonly<Record<CloudName, readonly Need[]>> = {
  aws: [
    packageNeed('@aws-sdk/client-lambda'),
    {
      what: 'credentials',
      find: (environment) =>
        variables(environment, 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY') ??
        variables(environment, 'AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_ARN') ??
        variables(environment, 'AWS_CONTAINER_CREDENTIALS_FULL_URI') ??
        variables(environment, 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI') ??
        file(environment['AWS_SHARED_CREDENTIALS_FILE'] ?? atHome('.aws', 'credentials')) ??
        file(environment['AWS_CONFIG_FILE'] ?? atHome('.aws', 'config')),
      evidence: 'neither AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY nor ~/.aws is there; a role of this machine was not looked for',
      remedy: 'run `aws configure`, or set these variables',
    },
    {
      what: 'region',
      find: (environment) => environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'] || undefined,
      evidence: 'neither AWS_REGION nor AWS_DEFAULT_REGION is set',
      remedy: 'set one, or give `region` to aws(), `--region` to `netfair cleanup`',
    },
  ],
  gcp: [
    packageNeed('@google-cloud/functions'),
    packageNeed('google-auth-library'),
    {
      what: 'credentials',
      find: googleCredentials,
      evidence:
        'neither GOOGLE_APPLICATION_CREDENTIALS nor default credentials of gcloud are there; a role of this machine was not looked for',
      remedy:
        'set this variable to the key file of a service account, or run `gcloud auth application-default login --impersonate-service-account=EMAIL`',
    },
    {
      what: 'project',
      find: (environment) =>
        environment['GOOGLE_CLOUD_PROJECT'] || environment['GCLOUD_PROJECT'] || projectOf(googleCredentials(environment)),
      evidence: 'GOOGLE_CLOUD_PROJECT is not set, and no credentials name one',
      remedy: 'set it, or give `projectId` to gcp()',
    },
  ],
  azure: [
    packageNeed('@azure/arm-appservice'),
    packageNeed('@azure/identity'),
    {
      what: 'credentials',
      find: (environment) =>
        variables(environment, 'AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET') ??
        variables(environment, 'AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_CERTIFICATE_PATH') ??
        variables(environment, 'AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_FEDERATED_TOKEN_FILE') ??
        file(join(environment['AZURE_CONFIG_DIR'] ?? atHome('.azure'), 'azureProfile.json')),
      evidence:
        'neither AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET nor a login of az is there; a role of this machine was not looked for',
      remedy: 'run `az login`, or set these variables',
    },
    {
      what: 'subscription',
      find: (environment) => variables(environment, 'AZURE_SUBSCRIPTION_ID'),
      evidence: 'AZURE_SUBSCRIPTION_ID is not set',
      remedy: 'set it, or give `subscriptionId` to azure()',
    },
  ],
}

function packageNeed(name: string): Need {
  const find = (): string | undefined => (isInstalled(name) ? 'installed' : undefined)
  return { what: name, find, evidence: 'the package is not installed', remedy: `npm install ${name}` }
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}

/** Their names, where all are set; never their values. */
function variables(environment: Environment, ...names: string[]): string | undefined {
  return names.every((name) => environment[name]) ? names.join(', ') : undefined
}

const file = (path: string): string | undefined => (existsSync(path) ? path : undefined)
const atHome = (...path: string[]): string => join(homedir(), ...path)

function googleCredentials(environment: Environment): string | undefined {
  const { GOOGLE_APPLICATION_CREDENTIALS: named, CLOUDSDK_CONFIG: folder } = environment
  return file(named ?? join(folder ?? atHome('.config', 'gcloud'), 'application_default_credentials.json'))
}

/** Some credentials name a project, others only one for quotas. */
function projectOf(path: string | undefined): string | undefined {
  try {
    const { project_id: project } = JSON.parse(readFileSync(path ?? '', 'utf8')) as { readonly project_id?: unknown }
    return typeof project === 'string' ? project : undefined
  } catch {
    return undefined
  }
}
