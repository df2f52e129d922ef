import { InputError } from '../../model/errors.ts'

/** Memory sizes that a platform offers, in MB: a list, or every whole step of a range. */
export type MemoryOffer = readonly number[] | { readonly from: number; readonly to: number; readonly step: number }

/**
 * Refuses a memory size that is not on offer, and names the nearest ones.
 * @param platform as its users know it, with the plan: `Azure Functions (Flex Consumption)`
 * @throws InputError `INVALID_MEMORY`
 */
export function checkOffered(memoryMb: number, offer: MemoryOffer, platform: string): void {
  const near = nearest(memoryMb, offer)
  if (near.includes(memoryMb)) return
  throw new InputError('INVALID_MEMORY', `memoryMb is ${memoryMb}; ${platform} offers ${inWords(offer)}.`, {
    hint: near.length === 0 ? 'memoryMb is a whole number of MB.' : `The nearest on offer: ${near.join(' and ')}.`,
  })
}

/** The size itself where it is on offer; else the next smaller and the next larger one, where there are such. */
function nearest(memoryMb: number, offer: MemoryOffer): readonly number[] {
  if (!Number.isFinite(memoryMb)) return []
  if (!isRange(offer)) return [offer.findLast((size) => size <= memoryMb), offer.find((size) => size >= memoryMb)].filter(isDifferent)
  const { from, to, step } = offer
  const clamped = Math.min(to, Math.max(from, memoryMb))
  const below = from + Math.floor((clamped - from) / step) * step
  return [below, from + Math.ceil((clamped - from) / step) * step].filter(isDifferent)
}

const isRange = (offer: MemoryOffer): offer is Exclude<MemoryOffer, readonly number[]> => !Array.isArray(offer)

function isDifferent(size: number | undefined, index: number, all: readonly (number | undefined)[]): size is number {
  return size !== undefined && all.indexOf(size) === index
}

function inWords(offer: MemoryOffer): string {
  if (!isRange(offer)) return offer.join(', ')
  const { from, to, step } = offer
  return `${from} to ${to} MB${step === 1 ? '' : ` in steps of ${step}`}`
}
