import { invalidArgument } from './status-error.ts'

const MOST = 1000

export interface PageRequest {
  readonly pageSize?: number
  readonly pageToken?: string
}

export interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextPageToken: string
}

/**
 * One page of a list, which may change between pages: a token names the last item before the page.
 * @throws StatusError `INVALID_ARGUMENT`
 */
export function pageOf<Item extends { readonly name: string }>(
  all: readonly Item[],
  { pageSize = 0, pageToken = '' }: PageRequest,
): Page<Item> {
  if (pageSize < 0) throw invalidArgument(`Invalid page_size: ${pageSize}.`)
  const last = pageToken === '' ? '' : Buffer.from(pageToken, 'base64url').toString('utf8')
  if (pageToken !== '' && !last.startsWith('projects/')) throw invalidArgument('Invalid page_token.')
  const rest = all.filter(({ name }) => name > last).toSorted((one, other) => (one.name < other.name ? -1 : 1))
  const items = rest.slice(0, Math.min(pageSize || MOST, MOST))
  const more = items.length < rest.length
  return { items, nextPageToken: more ? Buffer.from(items.at(-1)?.name ?? '').toString('base64url') : '' }
}
