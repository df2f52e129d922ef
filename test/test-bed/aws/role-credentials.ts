import { randomBytes } from 'node:crypto'
import type { Credentials } from './signature.ts'

/** What a function finds in its environment to act in its role with. */
export interface RoleCredentials extends Readonly<Record<string, string>> {
  readonly AWS_ACCESS_KEY_ID: string
  readonly AWS_SECRET_ACCESS_KEY: string
  readonly AWS_SESSION_TOKEN: string
}

/** New at every call, of the usual form: a place where one shows can be told. */
export function newCredentials(): Credentials {
  return {
    accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    sessionToken: `IQoJb3JpZ2lu${randomBytes(60).toString('base64')}`,
  }
}

export function asEnvironment({ accessKeyId, secretAccessKey, sessionToken }: Credentials): RoleCredentials {
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken }
}
