/** A share of simulated data sets, with the bound that it has to keep and the one that it should reach. */
export interface Figure {
  readonly what: string
  readonly hits: number
  readonly of: number
  readonly bound: 'at least' | 'at most'
  readonly gate: number
  readonly goal?: number
}

/** One line of the calibration: data sets of known truth, drawn from the seed, and what was made of them. */
export interface Row {
  readonly name: string
  readonly figures: (dataSets: number, seed: number) => readonly Figure[]
}

export const share = ({ hits, of }: Figure): number => hits / of

/**
 * @param standardErrors - room for the noise of a small run
 * @returns whether the gate is kept, or missed by no more than chance explains
 */
export function keeps(figure: Figure, standardErrors = 0): boolean {
  const { of, gate, bound } = figure
  const room = standardErrors * Math.sqrt((gate * (1 - gate)) / of)
  return bound === 'at least' ? share(figure) >= gate - room : share(figure) <= gate + room
}
