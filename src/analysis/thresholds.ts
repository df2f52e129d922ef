/** What decides; every one can be set as an option of `analyze`. */
export interface Thresholds {
  /** Rounds whose functions overlapped less take no part (0–1). At 0.8 rates over whole transfers are up to 10 % too high. */
  readonly minimumOverlap: number
  /** Cells with fewer used rounds give no verdict. */
  readonly minimumRounds: number
  /** Fewer levels (of concurrency, of memory) give no verdict: with two, every curve fits. */
  readonly minimumLevels: number
  /** Cells with a larger share of rounds with a failed function give no verdict (0–1). */
  readonly maximumFailedRounds: number
  /** A window must be so many times longer than the uncertainty of the clocks. */
  readonly windowPerClockUncertainty: number
  /** A round has a burst when its rate falls by this factor, */
  readonly burstRatio: number
  /** and by so many standard errors. */
  readonly burstEvidence: number
  /** A sample is CPU-bound when its quota ran out in this share of the scheduler's periods (0–1). */
  readonly cpuThrottled: number
  /** A sample is CPU-bound from this share of its CPU ceiling on (0–1). */
  readonly cpuCeilingUse: number
  /** A round is bound by its target from this load of CPU, busiest process or NIC on (0–1). */
  readonly targetBusy: number
  /** A round is bound by its host when no more than this share of the host's CPU was idle (0–1). */
  readonly hostIdle: number
  /** A complex curve must beat a simple one by so much (information criterion). */
  readonly evidenceMargin: number
  /** Curves that differ less everywhere are the same (relative). */
  readonly effect: number
  /** The best curve is said to fit badly where chance alone would leave it so far off with less than this probability, by more than `effect`. */
  readonly misfitProbability: number
  /** F of the lack of fit from which on the best curve is said to fit badly, where it is off by more than `effect`. */
  readonly lackOfFit: number
  /** F from which on the verdict is withheld, where the curve is off by more than `severeMisfit`. */
  readonly severeLackOfFit: number
  /** Relative. */
  readonly severeMisfit: number
  /** "Isolated" and "shared" are `likely` at most where the curve may be off by this factor from the first level to the last, */
  readonly firmWithin: number
  /** and withheld where it may be off by this one. */
  readonly equivalence: number
  /** What neighbours cost must differ by this factor, at one cell, between the verdict and every other one. */
  readonly equivalentShares: number
  /** "Isolated" beside neighbours is withheld where the victims may lose this share of their rate (0–1). */
  readonly isolatedLoss: number
  /** From this possible loss on it is `likely` at most. */
  readonly firmLoss: number
  /** "Flat" is withheld where the rate may differ by this factor between the smallest and the largest memory. */
  readonly flatWithin: number
  /** A level scatters unevenly from so many times the scatter of the others on. */
  readonly unevenScatter: number
  /** Below this confidence a verdict is `inconclusive`; from it on `likely` (0–1). */
  readonly likely: number
  /** From this confidence on a verdict is `firm` (0–1). */
  readonly firm: number
  /** Corrected Jain index from which on a division is fair (0–1). */
  readonly fairJain: number
  /** A function below this share of its round's mean in every round is starved (0–1). */
  readonly starvedShare: number
  /** Shares that agree between rounds are persistent where chance gives as much with no more than this probability (0–1). */
  readonly persistenceProbability: number
  /** Permutations of that test. */
  readonly persistenceResamples: number
  /** Bootstrap resamples of a sharing or memory verdict. */
  readonly resamples: number
  /** Bootstrap resamples of a fairness verdict. */
  readonly fairnessResamples: number
  /** Of the bootstrap's random numbers: the same journal gives the same report. */
  readonly resamplingSeed: number
}

/** The defaults. Where they come from: DESIGN §5 and the calibration runs in `test/analysis`. */
export const defaultThresholds: Thresholds = {
  minimumOverlap: 0.8,
  minimumRounds: 3,
  minimumLevels: 4,
  maximumFailedRounds: 0.2,
  windowPerClockUncertainty: 10,
  burstRatio: 1.25,
  burstEvidence: 7,
  cpuThrottled: 0.5,
  cpuCeilingUse: 0.9,
  targetBusy: 0.9,
  hostIdle: 0.1,
  evidenceMargin: 4,
  effect: 0.1,
  misfitProbability: 0.01,
  lackOfFit: 3,
  severeLackOfFit: 10,
  severeMisfit: 0.25,
  firmWithin: 1.5,
  equivalence: 2.5,
  equivalentShares: 1.67,
  isolatedLoss: 0.3,
  firmLoss: 0.2,
  flatWithin: 1.6,
  unevenScatter: 4,
  likely: 0.6,
  firm: 0.9,
  fairJain: 0.9,
  starvedShare: 0.5,
  persistenceProbability: 0.04,
  persistenceResamples: 999,
  resamples: 1000,
  fairnessResamples: 300,
  resamplingSeed: 1,
}
