import { malformed } from './http-head.ts'

/** A range of bytes, both ends included. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

const CONTENT_RANGE = /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15}|\*)$/i

/** Walks through an object in steps of the same length, again and again; its size becomes known by the answers. */
export class ByteRanges {
  readonly #stepBytes: number
  #next = 0
  #sizeBytes = Number.POSITIVE_INFINITY

  constructor(stepBytes: number) {
    this.#stepBytes = stepBytes
  }

  /** The range to ask for next; begins again behind the end of the object. */
  next(): ByteRange {
    const first = this.#next < this.#sizeBytes ? this.#next : 0
    this.#next = first + this.#stepBytes
    return { first, last: this.#next - 1 }
  }

  /**
   * Checks the Content-Range of a 206.
   * @returns how many bytes the answer must have
   * @throws MeasurementError `HTTP_MALFORMED` where it is not what was asked for
   */
  answered({ first, last }: ByteRange, contentRange: string | undefined): number {
    const match = CONTENT_RANGE.exec(contentRange ?? '')
    const from = Number(match?.[1])
    const to = Number(match?.[2])
    const fits = from === first && to >= first && to <= last && (to === last || to === Number(match?.[3]) - 1)
    if (!fits) throw malformed(`Content-Range ${JSON.stringify(contentRange?.slice(0, 80))} where bytes ${first}-${last} were asked for`)
    this.#learn(match?.[3])
    return to - from + 1
  }

  /** Whether a 416 only tells that the range lies behind the end of the object; then the size is known. */
  beyondEnd({ first }: ByteRange, contentRange: string | undefined): boolean {
    const size = CONTENT_RANGE.exec(contentRange ?? '')?.[3]
    this.#learn(size)
    return Number(size) > 0 && first >= Number(size)
  }

  #learn(size: string | undefined): void {
    if (size !== undefined && size !== '*') this.#sizeBytes = Number(size)
  }
}
