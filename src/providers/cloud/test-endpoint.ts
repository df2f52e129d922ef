import { readFileSync } from 'node:fs'
import { InputError } from '../../model/errors.ts'

/** Where a provider's requests go instead of the cloud: its test bed. */
export interface TestEndpoint {
  /** `NETFAIR_AWS_ENDPOINT`, `NETFAIR_GCP_ENDPOINT` or `NETFAIR_AZURE_ENDPOINT`. */
  readonly url: string
  /** Certificates (PEM) of the file that `NETFAIR_TEST_CA` names: who vouches for the test bed. */
  readonly ca?: string
}

/**
 * The test bed that the environment names; undefined where it names none.
 * @throws InputError `INVALID_OPTION`
 */
export function testEndpoint(cloud: 'AWS' | 'GCP' | 'AZURE'): TestEndpoint | undefined {
  const variable = `NETFAIR_${cloud}_ENDPOINT`
  const url = process.env[variable]
  if (url === undefined || url === '') return undefined
  if (!URL.canParse(url)) {
    throw new InputError('INVALID_OPTION', `${variable} is "${url}"; it must be a URL, for example https://127.0.0.1:8443.`, {
      hint: `Unset ${variable} to use the cloud itself.`,
    })
  }
  const file = process.env['NETFAIR_TEST_CA']
  return { url, ...(file !== undefined && file !== '' && { ca: certificates(file) }) }
}

function certificates(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new InputError('INVALID_OPTION', `NETFAIR_TEST_CA names ${file}, which cannot be read.`, {
      hint: 'It must be a file with certificates in PEM.',
      cause,
    })
  }
}
