/** What a list method of the SDK answers: a page, the request, and the answer as it came. */
type Page<Item> = readonly [
  items: Item[],
  request: unknown,
  answer?: { readonly nextPageToken?: string | null; readonly unreachable?: string[] | null },
]

/** All pages of a list, and the places that could not be asked. Google's own paging drops those. */
export async function allPages<Item>(
  pageAfter: (pageToken: string) => Promise<Page<Item>>,
): Promise<{ readonly items: readonly Item[]; readonly unreachable: readonly string[] }> {
  const items: Item[] = []
  const unreachable: string[] = []
  for (let pageToken = ''; ; ) {
    const [page, , { nextPageToken, unreachable: places } = {}] = await pageAfter(pageToken)
    items.push(...page)
    unreachable.push(...(places ?? []))
    if (!nextPageToken) return { items, unreachable }
    pageToken = nextPageToken
  }
}

/** Ids of locations, as the SDK lists them. */
export async function idsOf(locations: AsyncIterable<{ locationId?: string | null }>): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const { locationId } of locations) if (locationId) ids.push(locationId)
  return ids
}
