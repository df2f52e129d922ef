/** Long enough for a sign-in by another program; a machine without credentials may ask an address that never answers. */
const LONGEST_SEARCH_MS = 5000

/** Thrown when the time is over. */
export class SearchTookTooLong extends Error {
  constructor() {
    super(`No credentials were found within ${LONGEST_SEARCH_MS} ms.`)
    this.name = 'SearchTookTooLong'
  }
}

/** A search for credentials that ends in time, and is not made again once it took too long. */
export function timelySearch<Options extends readonly unknown[], Found>(
  search: (...options: Options) => Promise<Found>,
): (...options: Options) => Promise<Found> {
  let failure: SearchTookTooLong | undefined
  return async (...options) => {
    if (failure !== undefined) throw failure
    let timer: NodeJS.Timeout | undefined
    const over = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        failure = new SearchTookTooLong()
        reject(failure)
      }, LONGEST_SEARCH_MS)
    })
    return await Promise.race([search(...options), over]).finally(() => clearTimeout(timer))
  }
}
