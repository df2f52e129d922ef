import { expect, test } from 'vitest'
import type { ObjectTransport } from '../../src/model/object-store.ts'
import { objectDownload } from '../../src/probes/object-storage/object-download.ts'
import type { AgentEntry } from '../../src/providers/provider.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { asksByIdentity } from '../../src/run/object-work.ts'
import { plan } from '../../src/run/plan.ts'
import { azureBlob } from '../../src/storage/locations.ts'
import { undeployable } from './fake-provider.ts'

test.each<[AgentEntry, ObjectTransport, 'identity' | 'environment' | undefined, boolean]>([
  ['azure', 'sdk', undefined, true],
  ['azure', 'sdk', 'environment', false],
  ['azure', 'signed-url', undefined, false],
  ['local', 'sdk', undefined, false],
  ['local', 'sdk', 'identity', true],
])('on %s, by %s with credentials of %s: %s', (agentEntry, transport, credentials, asks) => {
  const store = azureBlob({ account: 'netfair', container: 'data', ...(credentials !== undefined && { credentials }) })
  const probe = objectDownload({ store, chunkBytes: 1e6, transport })
  const experiment = defineExperiment({ provider: undeployable({ agentEntry }), probe, memoryMb: [512], concurrency: [1], repetitions: 1 })
  expect(asksByIdentity(experiment, plan(experiment))).toBe(asks)
})
