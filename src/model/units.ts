declare const unit: unique symbol

/** A number that knows its unit, so that instants on two clocks are not mixed up. Erased at run time. */
type Quantity<Unit extends string> = number & { readonly [unit]: Unit }

/** Instant on the common clock (the target's), in epoch milliseconds, decimals kept. */
export type CommonMs = Quantity<'ms on the common clock'>
/** Instant on this process's monotonic clock, in milliseconds; never compared with {@link CommonMs}. */
export type MonotonicMs = Quantity<'ms on the monotonic clock'>

/** Marks a plain number as an instant on the common clock. */
export const commonMs = (value: number): CommonMs => value as CommonMs
/** Now on the monotonic clock that all processes and network namespaces of this machine share (CLOCK_MONOTONIC). */
export const monotonicNow = (): MonotonicMs => (Number(process.hrtime.bigint()) / 1e6) as MonotonicMs
