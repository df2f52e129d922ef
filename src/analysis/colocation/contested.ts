/**
 * Nodes that links pull to two places at once, of which nothing tells in which they are: without a value of their own, and linked, maybe
 * by others of that kind, to two different values.
 *
 * @param links - nodes that each link puts together
 * @param placeOf - where a node is; below 0: not known
 */
export function contestedNodes(links: readonly (readonly number[])[], placeOf: (node: number) => number): number[] {
  const parent = new Map<number, number>()
  const rootOf = (node: number): number => {
    let root = node
    for (let next = parent.get(root); next !== undefined && next !== root; next = parent.get(root)) root = next
    for (let at = node; at !== root; ) {
      const next = parent.get(at) ?? root
      parent.set(at, root)
      at = next
    }
    return root
  }
  const open: { readonly nodes: readonly number[]; readonly first: number }[] = []
  for (const nodes of links) {
    const first = nodes.find((node) => placeOf(node) < 0)
    if (first === undefined) continue
    if (!parent.has(first)) parent.set(first, first)
    for (const node of nodes) if (placeOf(node) < 0) parent.set(rootOf(node), rootOf(first))
    open.push({ nodes, first })
  }
  const places = new Map<number, number>()
  const torn = new Set<number>()
  for (const { nodes, first } of open) {
    const root = rootOf(first)
    for (const value of nodes.map(placeOf)) {
      if (value < 0) continue
      const known = places.get(root)
      if (known === undefined) places.set(root, value)
      else if (known !== value) torn.add(root)
    }
  }
  return torn.size === 0 ? [] : [...parent.keys()].filter((node) => torn.has(rootOf(node)))
}
