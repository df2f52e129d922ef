/** From the closest to the widest: what shares a sandbox shares a guest kernel, and what shares that shares a host. */
export const LEVELS = ['sandbox', 'vm', 'host'] as const
export type Level = (typeof LEVELS)[number]

/** Position in {@link LEVELS}; `undefined` for what is no place. */
export function widthOf(scope: string | undefined): number | undefined {
  const width = LEVELS.indexOf(scope as Level)
  return width < 0 ? undefined : width
}

/** ln(p ÷ (1 − p)); evidence adds up in it. */
export const logOdds = (probability: number): number => Math.log(probability / (1 - probability))

/** The inverse of {@link logOdds}. */
export const probabilityOf = (odds: number): number => 1 / (1 + Math.exp(-odds))
