/** What was read between two of the nodes, and how often. */
export interface WeightedPair {
  /** Log-odds for "together"; readings add up. */
  weight: number
  /** Uncertain ones too. */
  readings: number
}

/** Symmetric and sparse: what was read between nodes. */
export class Weights {
  readonly size: number
  readonly #rows: readonly Map<number, WeightedPair>[]

  constructor(size: number) {
    this.size = size
    this.#rows = Array.from({ length: size }, () => new Map<number, WeightedPair>())
  }

  add(a: number, b: number, weight: number, readings = 1): void {
    for (const [from, to] of [[a, b] as const, [b, a] as const]) {
      const pair = this.#rows[from]?.get(to)
      if (pair === undefined) this.#rows[from]?.set(to, { weight, readings })
      else {
        pair.weight += weight
        pair.readings += readings
      }
    }
  }

  of(node: number): ReadonlyMap<number, WeightedPair> {
    return this.#rows[node] ?? new Map()
  }
}

/**
 * Clusters for which the readings speak most: the two for whose union most speaks are joined, as long as more speaks for it than against.
 *
 * No transitive closure: one false link between two clusters is outweighed by what keeps the others apart. Greedy additive edge contraction
 * (Keuper et al. 2015) for correlation clustering (Bansal, Blum and Chawla 2004).
 *
 * @param prior - log-odds that a node belongs to a cluster of which nothing was read
 * @returns number of the cluster of each node
 */
export function clusterByWeights(weights: Weights, prior: number): number[] {
  const labels = Array.from({ length: weights.size }, (_, node) => node)
  const rows = labels.map((node) => new Map([...weights.of(node)].map(([other, { weight }]) => [other, weight])))
  for (;;) {
    const best = heaviest(rows)
    if (best === undefined || best.weight + prior <= 0) return labels
    const { from, into } = best
    for (const [node, label] of labels.entries()) if (label === from) labels[node] = into
    for (const [other, weight] of rows[from] ?? []) {
      rows[other]?.delete(from)
      if (other === into) continue
      const sum = weight + (rows[into]?.get(other) ?? 0)
      rows[into]?.set(other, sum)
      rows[other]?.set(into, sum)
    }
    rows[from]?.clear()
  }
}

/** The later of the two goes into the earlier. */
function heaviest(
  rows: readonly ReadonlyMap<number, number>[],
): { readonly from: number; readonly into: number; readonly weight: number } | undefined {
  let best: { from: number; into: number; weight: number } | undefined
  for (const [into, row] of rows.entries()) {
    for (const [from, weight] of row) if (from > into && (best === undefined || weight > best.weight)) best = { from, into, weight }
  }
  return best
}

/** What was read between one node and all of a cluster. */
export interface Tie {
  readonly weight: number
  readonly readings: number
}

/** Of one node to every cluster to which something was read, its own too. */
export function tiesOf(node: number, weights: Weights, labels: readonly number[]): Map<number, Tie> {
  const ties = new Map<number, Tie>()
  for (const [other, { weight, readings }] of weights.of(node)) {
    const label = labels[other] ?? other
    const tie = ties.get(label) ?? { weight: 0, readings: 0 }
    ties.set(label, { weight: tie.weight + weight, readings: tie.readings + readings })
  }
  return ties
}

/**
 * Probability of one node's place against every other cluster and against standing alone.
 * @param own - its cluster; undefined: alone
 */
export function membership(ties: ReadonlyMap<number, Tie>, own: number | undefined, prior: number): number {
  const logs = new Map<number | undefined, number>([[undefined, 0]])
  for (const [label, { weight }] of ties) logs.set(label, weight + prior)
  const largest = Math.max(...logs.values())
  const sum = [...logs.values()].reduce((total, value) => total + Math.exp(value - largest), 0)
  return Math.exp((logs.get(own) ?? prior) - largest) / sum
}
