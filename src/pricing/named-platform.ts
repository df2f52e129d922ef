import { InputError } from '../model/errors.ts'
import type { Platform } from '../model/platform.ts'

const architectures = ['x86_64', 'arm64'] as const
const shape = 'provider:region, provider:region:plan, and for AWS an architecture behind it'

/**
 * A platform by its name: `aws:us-east-1`, `aws:us-east-1:arm64`, `gcp:us-central1:gen1`, `azure:eastus:consumption`. Whether there are prices for it
 * is another question.
 *
 * @throws InputError `INVALID_OPTION`
 */
export function namedPlatform(text: string): Platform {
  const [name = '', region = '', ...others] = text.split(':')
  const architecture = architectures.find((each) => others.includes(each))
  const [variant, ...more] = others.filter((each) => each !== architecture)
  if (name === '' || region === '' || variant === '' || more.length > 0)
    throw new InputError('INVALID_OPTION', `"${text}" names no platform: it must be ${shape}.`, { hint: 'For example: aws:us-east-1.' })
  return { name, region, ...(variant !== undefined && { variant }), ...(architecture !== undefined && { architecture }) }
}
