import { LEVELS } from './level.ts'
import type { Partition } from './partition.ts'

/** What is known of two instances; contention never proves that two are apart. */
export type Relation = 'same-sandbox' | 'same-vm' | 'same-host' | 'different-host' | 'unknown'

/** The closest level at which two instances, by their numbers, are known to be together; or apart, or neither. */
export function relationOf({ labels, apart }: Partition, a: number, b: number): Relation {
  const level = LEVELS.find((each) => labels[each][a] === labels[each][b])
  if (level !== undefined) return `same-${level}`
  const [own, other] = [a, b].map((instance) => apart.get(labels.host[instance] ?? -1))
  const proof = [...(own ?? [])].some(([separator, value]) => (other?.get(separator) ?? value) !== value)
  return proof ? 'different-host' : 'unknown'
}

/** Whether each two of these groups are known to be on different hosts: by one key of which each has a value of its own. */
export function provablyApart(labels: readonly number[], { apart }: Partition): boolean {
  const [first = -1] = labels
  const separators = [...(apart.get(first)?.keys() ?? [])]
  return (
    labels.length < 2 ||
    separators.some((separator) => {
      const values = labels.map((label) => apart.get(label)?.get(separator))
      return !values.includes(undefined) && new Set(values).size === labels.length
    })
  )
}
