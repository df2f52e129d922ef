import type { CostItem } from './execution-cost.ts'

/** What the measuring side costs, where that is to be counted. */
export interface TargetPrices {
  readonly targetUsdPerHour?: number
  readonly targetUsdPerGB?: number
}

/** The machines of the targets and what they sent (a GB is 10⁹ bytes), each where it has a price and is known. */
export function targetCost(
  { targetUsdPerHour, targetUsdPerGB }: TargetPrices,
  { hours, bytes }: { readonly hours?: number; readonly bytes: number },
): readonly CostItem[] {
  const machine = targetUsdPerHour === undefined || hours === undefined ? [] : [item('target machine h', hours, targetUsdPerHour)]
  const sent = targetUsdPerGB === undefined || bytes === 0 ? [] : [item('target egress GB', bytes / 1e9, targetUsdPerGB)]
  return [...machine, ...sent]
}

const item = (meter: string, quantity: number, usdPerUnit: number): CostItem => ({ meter, quantity, usd: quantity * usdPerUnit })
