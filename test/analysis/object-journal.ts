import type { Journal } from '../../src/model/journal.ts'
import type { Sample } from '../../src/model/journal-record.ts'
import { type SyntheticOptions, syntheticJournal } from '../../src/testing/index.ts'

/** What each sample says about its objects. */
export interface Objects {
  readonly values: Readonly<Record<string, number>>
  readonly cpuMs?: number
  readonly transport?: 'sdk' | 'signed-url'
  /** Cores of the local host at 3008 MB. */
  readonly vcpus?: number
}

/** A synthetic journal whose functions moved objects. */
export function objectJournal(options: SyntheticOptions, { values, cpuMs, transport = 'sdk', vcpus = 2 }: Objects): Journal {
  const journal = syntheticJournal({ cv: 0.02, ...options })
  return {
    ...journal,
    experiment: {
      ...journal.experiment,
      probe: { name: 'object-download', version: '1.0.0', params: { transport } },
      environment: { vcpus },
    },
    samples: journal.samples.map(
      (sample): Sample => ({ ...sample, values, ...(cpuMs !== undefined && { cpuMs: { user: cpuMs, system: 0 } }) }),
    ),
  }
}
