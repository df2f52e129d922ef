/** One level of a factor: x and the centre of its rounds, both natural logarithms, with the number of its rounds. */
export interface Point {
  readonly x: number
  readonly centre: number
  readonly weight: number
}

/**
 * A curve on the logarithmic scale: min(ceiling, intercept − slope · x). All models are cases of it.
 * - `constant`: b = c
 * - `inverse`: b = C / n
 * - `capped`: b = min(c, C / n)
 * - `power`: b ∝ n^−β
 * - `capped-power`: b = min(c, C n^−β), β > 1
 */
export interface Curve {
  readonly model: 'constant' | 'inverse' | 'capped' | 'power' | 'capped-power'
  /** ln c; infinite where there is no cap. */
  readonly ceiling: number
  /** ln C; infinite where nothing falls. */
  readonly intercept: number
  /** β. */
  readonly slope: number
  /** Number of fitted parameters. */
  readonly parameters: number
  /** Σ weight · (centre − curve)². */
  readonly misfit: number
}

/** The curve at x. */
export function curveAt(curve: Pick<Curve, 'ceiling' | 'intercept' | 'slope'>, x: number): number {
  return Math.min(curve.ceiling, curve.intercept - curve.slope * x)
}

/** Largest distance of two curves over the points. */
export function curveDistance(a: Curve, b: Curve, points: readonly Point[]): number {
  return points.reduce((largest, { x }) => Math.max(largest, Math.abs(curveAt(a, x) - curveAt(b, x))), 0)
}

/** Where the cap ends: x of the knee. */
export function kneeOf(curve: Curve): number {
  return (curve.intercept - curve.ceiling) / curve.slope
}

/** Weighted least squares, exact and in closed form; points ascend in x. */
export function constantFit(points: readonly Point[]): Curve {
  return fitted('constant', weightedMean(points, centreOf), Number.POSITIVE_INFINITY, 0, 1, points)
}

export function inverseFit(points: readonly Point[]): Curve {
  return fitted('inverse', Number.POSITIVE_INFINITY, weightedMean(points, capacityOf), 1, 1, points)
}

export function powerFit(points: readonly Point[]): Curve {
  const { intercept, slope } = line(points)
  return fitted('power', Number.POSITIVE_INFINITY, intercept, slope, 2, points)
}

/** The knee is between two points, or on one. */
export function cappedFit(points: readonly Point[]): Curve {
  let best: Curve | undefined
  const consider = (ceiling: number, intercept: number): void => {
    const curve = fitted('capped', ceiling, intercept, 1, 2, points)
    if (best === undefined || curve.misfit < best.misfit) best = curve
  }
  for (let split = 1; split < points.length; split++) {
    const ceiling = weightedMean(points.slice(0, split), centreOf)
    const intercept = weightedMean(points.slice(split), capacityOf)
    if (between(points, split, intercept - ceiling)) consider(ceiling, intercept)
  }
  for (const { x: knee } of points) {
    const ceiling = weightedMean(points, ({ x, centre }) => centre + Math.max(0, x - knee))
    consider(ceiling, ceiling + knee)
  }
  return best as Curve // at least one point, at least one candidate
}

/** At least three points fall, faster than 1/n; there may be no such fit. */
export function cappedPowerFit(points: readonly Point[]): Curve | undefined {
  let best: Curve | undefined
  for (let split = 1; split <= points.length - 3; split++) {
    const ceiling = weightedMean(points.slice(0, split), centreOf)
    const { intercept, slope } = line(points.slice(split))
    if (!(slope > 1) || !between(points, split, (intercept - ceiling) / slope)) continue
    const curve = fitted('capped-power', ceiling, intercept, slope, 3, points)
    if (best === undefined || curve.misfit < best.misfit) best = curve
  }
  return best
}

const centreOf = ({ centre }: Point): number => centre
const capacityOf = ({ x, centre }: Point): number => centre + x

function between(points: readonly Point[], split: number, x: number): boolean {
  return (points[split - 1] as Point).x <= x && x <= (points[split] as Point).x
}

function weightedMean(points: readonly Point[], value: (point: Point) => number): number {
  let sum = 0
  let weights = 0
  for (const point of points) {
    sum += point.weight * value(point)
    weights += point.weight
  }
  return sum / weights
}

function line(points: readonly Point[]): { intercept: number; slope: number } {
  const meanX = weightedMean(points, ({ x }) => x)
  const meanY = weightedMean(points, centreOf)
  let products = 0
  let squares = 0
  for (const { x, centre, weight } of points) {
    products += weight * (x - meanX) * (centre - meanY)
    squares += weight * (x - meanX) ** 2
  }
  const slope = squares === 0 ? 0 : -products / squares
  return { intercept: meanY + slope * meanX, slope }
}

function fitted(
  model: Curve['model'],
  ceiling: number,
  intercept: number,
  slope: number,
  parameters: number,
  points: readonly Point[],
): Curve {
  let misfit = 0
  for (const { x, centre, weight } of points) misfit += weight * (centre - Math.min(ceiling, intercept - slope * x)) ** 2
  return { model, ceiling, intercept, slope, parameters, misfit }
}
