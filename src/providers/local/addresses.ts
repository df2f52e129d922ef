/**
 * Addresses of the lab, all from 198.18.0.0/15 (RFC 2544, benchmarks), used only inside its own namespaces:
 * 198.18.0.0/16 holds a /22 for every host's sandboxes, 198.19.0.0/16 the uplinks (a /30 each) and the server.
 */

/** As many /22 as 198.18.0.0/16 holds. */
export const MAX_HOSTS = 64
/** Ports of a Linux bridge: 1023. */
export const MAX_SANDBOXES = 1000
/** The server's one address, the same for all hosts. */
export const SERVER_ADDRESS = '198.19.255.1'

const SANDBOXES = parse('198.18.0.0')
const UPLINKS = parse('198.19.0.0')

/** Subnet of a host's sandboxes. */
export const subnetOf = (host: number): string => `${format(SANDBOXES + host * 1024)}/22`
/** The host's own address in that subnet. */
export const gatewayOf = (host: number): string => format(SANDBOXES + host * 1024 + 1022)
/** Address of a sandbox; index from 0. */
export const sandboxAddress = (host: number, index: number): string => format(SANDBOXES + host * 1024 + 1 + index)
/** The host's end of its uplink. */
export const uplinkHostAddress = (host: number): string => format(UPLINKS + host * 4 + 1)
/** The server's end of a host's uplink. */
export const uplinkServerAddress = (host: number): string => format(UPLINKS + host * 4 + 2)

function parse(address: string): number {
  return address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
}

function format(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')
}
