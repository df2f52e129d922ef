import type { Probe } from '../../model/probe.ts'
import { CONTENTION, type ContentionParams, WINDOWS } from './measure.ts'

/** One test of contention; not to be measured by itself: `colocation: {verify: 'contention'}` plans and runs such. */
export function contention(params: ContentionParams): Probe {
  return {
    ...CONTENTION,
    params,
    directions: ['download'],
    expectedMs: WINDOWS * params.windowMs,
    withParams: (changes) => contention({ ...params, ...changes }),
  }
}
