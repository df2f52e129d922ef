/**
 * Holm's adjusted p: each may be compared with the level of the whole family (S. Holm, Scand. J. Statist. 6, 1979).
 * @returns in the order of `values`
 */
export function holm(values: readonly number[]): readonly number[] {
  const order = values.map((_, index) => index).sort((a, b) => (values[a] as number) - (values[b] as number))
  const adjusted = [...values]
  let largest = 0
  for (const [rank, index] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (values.length - rank) * (values[index] as number)))
    adjusted[index] = largest
  }
  return adjusted
}
