import type { MemoryVerdict, SharingVerdict } from '../model/report.ts'

/** How functions share the network in a synthetic experiment: what the sharing verdict should find. */
export type SharingTruth = Exclude<SharingVerdict, 'inconclusive'>
/** How memory sets the rate in a synthetic experiment: what the memory verdict should find. */
export type MemoryTruth = Exclude<MemoryVerdict, 'inconclusive'>

/** A synthetic network. */
export interface Network {
  readonly truth: SharingTruth
  readonly memoryTruth: MemoryTruth
  /** Of one function alone at the largest memory. */
  readonly bitsPerSecond: number
  readonly knee: number
  readonly exponent: number | undefined
  readonly saturationMemoryMb: number
  readonly memoryExponent: number
}

/** Exponents of n where none is given. */
const usualExponent: Readonly<Partial<Record<SharingTruth, number>>> = { partial: 0.5, degrading: 1.3, 'capped-degrading': 1.5 }

/** Rate of each of n functions without noise, in bits per second. */
export function trueRate(network: Network, n: number, memoryMb: number, largestMemoryMb: number): number {
  return network.bitsPerSecond * sharingFactor(network, n) * memoryFactor(network, memoryMb, largestMemoryMb)
}

function sharingFactor({ truth, knee, exponent = usualExponent[truth] ?? 1 }: Network, n: number): number {
  switch (truth) {
    case 'isolated':
      return 1
    case 'shared':
      return 1 / n
    case 'capped':
      return Math.min(1, knee / n)
    case 'capped-degrading':
      return Math.min(1, (knee / n) ** exponent)
    default:
      return n ** -exponent
  }
}

function memoryFactor({ memoryTruth, saturationMemoryMb, memoryExponent }: Network, memoryMb: number, largestMb: number): number {
  switch (memoryTruth) {
    case 'flat':
      return 1
    case 'proportional':
      return memoryMb / largestMb
    case 'saturating':
      return Math.min(1, memoryMb / saturationMemoryMb)
    default:
      return (memoryMb / largestMb) ** memoryExponent
  }
}
