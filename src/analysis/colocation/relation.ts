import { LEVELS } from './level.ts'
import type { Partition } from './partition.ts'

/** What is known of two instances; contention never proves that two are apart. */
export type Relation = 'same-sandbox' | 'same-vm' | 'same-host' | 'different-host' | 'unknown'

/** The closest level at which two instances, by their numbers, are known to be together; or apart, or neither. */
export function relationOf({ labels, apart }: Partition, a: number, b: number): Relation {
  const level = LEVELS.find((each) => labels[each][a] === labels[each][b])
  if (level !== undefined) return `same-${level}`
  const [own = -1, other = -1] = [labels.host[a], labels.host[b]]
  const proof = apart.some((values) => isKnown(values[own]) && isKnown(values[other]) && values[own] !== values[other])
  return proof ? 'different-host' : 'unknown'
}

/** Whether each two of these groups are known to be on different hosts: by one key of which each has a value of its own. */
export function provablyApart(labels: readonly number[], { apart }: Partition): boolean {
  if (labels.length < 2) return true
  return apart.some((values) => {
    const own = labels.map((label) => values[label])
    return own.every(isKnown) && new Set(own).size === labels.length
  })
}

const isKnown = (value: number | undefined): boolean => value !== undefined && value >= 0
