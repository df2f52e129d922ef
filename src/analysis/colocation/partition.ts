import type { Evidence } from './evidence.ts'
import { LEVELS, type Level } from './level.ts'
import { Merging } from './merging.ts'

/** Instances that are together at a level, and why. */
export interface Group {
  readonly level: Level
  /** Ascending. */
  readonly members: readonly number[]
  /** Names of the links that made it, sorted. */
  readonly evidence: readonly string[]
  /** Of its weakest necessary link, 0–1. */
  readonly confidence: number
  /** What spoke against it, sorted. */
  readonly conflicts: readonly string[]
}

/** Who is together, level by level. */
export interface Partition {
  /** Groups of two or more at this level; those of one level lie within those of the next. */
  readonly groups: Readonly<Record<Level, readonly Group[]>>
  /** Number of its group of each instance (of a single one too), by level: equal = together. */
  readonly labels: Readonly<Record<Level, Int32Array>>
  /** What is still known to keep host-level labels on different hosts, by separator: a number for each label's value, below 0 for none. */
  readonly apart: readonly Int32Array[]
  /** Instances that a value links to several groups which are apart: left alone. */
  readonly undecided: ReadonlySet<number>
}

/**
 * Merges what links put together, the strongest link first, level after level, and never what a hard separator keeps apart.
 *
 * A link whose members are provably in several places holds within each of them, and not for members of which the place is not known;
 * nor do links of about equal strength that pull one to several places.
 * A soft proof weighs against a link as log-odds, and wins or loses. The order of instances and links makes no difference.
 */
export function partition(evidence: Evidence, minimumConfidence: number): Partition {
  const merging = new Merging(evidence, minimumConfidence)
  const results = LEVELS.map((level, width) => merging.level(level, width))
  const [sandbox, vm, host] = results
  if (sandbox === undefined || vm === undefined || host === undefined) throw new Error('three levels')
  return {
    groups: { sandbox: sandbox.groups, vm: vm.groups, host: host.groups },
    labels: { sandbox: sandbox.labels, vm: vm.labels, host: host.labels },
    apart: merging.apart(),
    undecided: merging.undecided,
  }
}
