import type { Extractor } from '../observation.ts'
import { rule, wholeFact } from './extraction.ts'

/** Identifiers of Cloud Run functions. */
export const GCP: readonly Extractor[] = [
  rule({
    key: 'gcp-instance-id',
    scope: 'sandbox',
    basis: 'identifier',
    confidence: 0.999,
    separates: 'vm',
    era: 'metadata server: id of the container instance, which has a kernel of its own (gVisor or a microVM). A common prefix proves nothing',
    extract: (facts) => wholeFact(facts, 'metadata/computeMetadata/v1/instance/id', /^[0-9a-f]{24,512}$/, '24 hexadecimal digits or more'),
  }),
]
