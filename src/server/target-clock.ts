import { type CommonMs, commonMs, monotonicNow } from '../model/units.ts'

/** Now on the target's clock. */
export type TargetClock = () => CommonMs

/** Epoch time minus monotonic time, in milliseconds; made once, by the first process, for all of them. */
export function clockOffset(): number {
  return performance.timeOrigin + performance.now() - monotonicNow()
}

/** The clock that all processes of a target share: CLOCK_MONOTONIC, which they have in common, plus one offset. */
export function targetClock(offsetMs: number): TargetClock {
  return () => {
    const [seconds, nanoseconds] = process.hrtime()
    return commonMs(seconds * 1000 + nanoseconds / 1e6 + offsetMs)
  }
}
