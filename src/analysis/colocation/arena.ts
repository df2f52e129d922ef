import { clusterByWeights, membership, type Tie, tiesOf, type Weights } from './correlation-clustering.ts'

/** When a question between a node and a cluster is closed. */
export interface Closing {
  /** Certainty from which on no more is asked, 0–1. */
  readonly target: number
  /** Or so many readings between the two, whatever they said. */
  readonly mostReadings: number
}

/** Nodes that may share hosts with each other, as far as was read. */
export interface Arena {
  readonly labels: readonly number[]
  /** Probability that each node belongs to its cluster, or alone where it was left alone. */
  readonly confidence: readonly number[]
  /** Who should send next; undefined: nothing is open. */
  readonly nextSender: number | undefined
}

/** Says who is together, and whom to ask next: whoever was never tried, then where most is in doubt. */
export function judge(weights: Weights, prior: number, closing: Closing, sent: readonly number[]): Arena {
  const labels = clusterByWeights(weights, prior)
  const sizes = new Map<number, number>()
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1)
  const isAlone = (node: number): boolean => sizes.get(labels[node] ?? node) === 1
  const ties = labels.map((_, node) => tiesOf(node, weights, labels))
  const confidence = labels.map((label, node) => membership(ties[node] ?? new Map(), isAlone(node) ? undefined : label, prior))
  const open = labels.map((_, node) => node).filter((node) => isOpen(node, ties[node] ?? new Map()))
  return { labels, confidence, nextSender: chooseSender() }

  function isOpen(node: number, own: ReadonlyMap<number, Tie>): boolean {
    if (!isAlone(node))
      return (confidence[node] ?? 0) < closing.target && (own.get(labels[node] ?? node)?.readings ?? 0) < closing.mostReadings
    return [...sizes.keys()].some((label) => label !== labels[node] && isOpenBetween(own.get(label)))
  }

  function isOpenBetween(tie: Tie | undefined): boolean {
    if (tie === undefined) return true
    return tie.weight + prior > Math.log((1 - closing.target) / closing.target) && tie.readings < closing.mostReadings
  }

  /** Fewest times a sender; then alone before together; then the largest number of open neighbours; then the least sure. */
  function chooseSender(): number | undefined {
    const openIn = new Map<number, number>()
    for (const node of open) openIn.set(labels[node] ?? node, (openIn.get(labels[node] ?? node) ?? 0) + 1)
    const rank = (node: number): readonly number[] => [
      sent[node] ?? 0,
      isAlone(node) ? 0 : 1,
      -(openIn.get(labels[node] ?? node) ?? 0),
      confidence[node] ?? 0,
      node,
    ]
    return open.map((node) => ({ node, rank: rank(node) })).sort((a, b) => compare(a.rank, b.rank))[0]?.node
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [at, value] of a.entries()) if (value !== b[at]) return value - (b[at] ?? 0)
  return 0
}
