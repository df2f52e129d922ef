export { journalText } from '../journal/journal-text.ts'
export { syntheticJournal } from './synthetic-journal.ts'
export type { SyntheticOptions } from './synthetic-options.ts'
export type { MemoryTruth, SharingTruth } from './truth.ts'
