import type { Extractor } from '../observation.ts'
import { AWS } from './aws.ts'
import { AZURE } from './azure.ts'
import { CONTAINERS } from './container.ts'
import { rule, wholeFact } from './extraction.ts'
import { GCP } from './gcp.ts'
import { KERNEL } from './kernel.ts'
import { NETWORK } from './network.ts'
import { PROCESSOR } from './processor.ts'

const FUNCTION_NAMES = ['AWS_LAMBDA_FUNCTION_NAME', 'K_SERVICE', 'FUNCTION_NAME', 'WEBSITE_SITE_NAME']

const functionName: Extractor = rule({
  key: 'function-name',
  scope: 'stratum',
  basis: 'declared',
  confidence: 0,
  era: 'every platform: the same for all instances of a function',
  extract(facts) {
    const key = FUNCTION_NAMES.map((name) => `env/${name}`).find((name) => facts[name] !== undefined) ?? ''
    return wholeFact(facts, key, /^[\w.-]{1,256}$/, 'a name')
  },
})

/** Every rule there is. Keys are unique. */
export const EXTRACTORS: readonly Extractor[] = [...AWS, ...GCP, ...AZURE, ...CONTAINERS, ...KERNEL, ...PROCESSOR, ...NETWORK, functionName]
