const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/**
 * Whether an agent may talk to an address.
 *
 * @param address - `host:port`, or an origin `http(s)://host:port`
 * @param allowed - list of the same; an origin on it also allows its `host:port`, a `host:port` allows no origin
 */
export function isAllowed(address: string, allowed: readonly string[]): boolean {
  const wanted = normalise(address)
  return (
    wanted !== undefined && allowed.some((entry) => normalise(entry) === wanted || (!isOrigin(address) && socketAddress(entry) === wanted))
  )
}

const isOrigin = (address: string): boolean => address.includes('://')

/** The one way to write an address; undefined where it is none. */
function normalise(address: string): string | undefined {
  if (!isOrigin(address)) return /^(\[[0-9a-f:.]+\]|[^\s:/@[\]]+):\d{1,5}$/i.test(address) ? address.toLowerCase() : undefined
  if (!URL.canParse(address)) return undefined
  const { protocol, origin, pathname, search, hash, username, password } = new URL(address)
  return protocol in DEFAULT_PORTS && pathname === '/' && search + hash + username + password === '' ? origin : undefined
}

/** `host:port` of an origin. */
function socketAddress(entry: string): string | undefined {
  if (!isOrigin(entry) || normalise(entry) === undefined) return undefined
  const { protocol, hostname, port } = new URL(entry)
  return `${hostname}:${port || DEFAULT_PORTS[protocol]}`
}
