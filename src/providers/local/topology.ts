import { gatewayOf, SERVER_ADDRESS, sandboxAddress, subnetOf, uplinkHostAddress, uplinkServerAddress } from './addresses.ts'

/**
 * The lines for `ip -batch` that make the lab. A host is a router: `br0` carries its sandboxes, `up0` its uplink to the server.
 * The routed hop matters: over a bridge alone TCP would never see a drop. Cubic is pinned by route, since a namespace cannot choose
 * a default of its own. No IPv6 addresses, so that nothing but the measurement is on the wire.
 */

/** Names of one sandbox. */
export interface SandboxPlace {
  readonly host: number
  /** From 0; decides its address and device. */
  readonly index: number
  readonly namespace: string
}

export const serverNamespace = (run: string): string => `${run}-srv`
export const hostNamespace = (run: string, host: number): string => `${run}-h${host}`
export const sandboxNamespace = (run: string, host: number, index: number): string => `${run}-h${host}-s${index}`
/** The host's end of a sandbox's cable. */
export const portOf = (index: number): string => `v${index}`

/** A number for devices about to be deleted; all others are in group 0. */
const UNWANTED = 99

/** In a host's namespace. The bridge's own MAC address is fixed, or it would change whenever a sandbox is added. */
export function hostLines(run: string, host: number): string[] {
  return [
    'link add br0 address 02:00:00:00:00:01 type bridge',
    'link set br0 addrgenmode none up',
    `addr add ${gatewayOf(host)}/22 dev br0`,
    `link add up0 type veth peer name up${host} netns ${serverNamespace(run)}`,
    'link set up0 addrgenmode none up',
    `addr add ${uplinkHostAddress(host)}/30 dev up0`,
  ]
}

/** In a host's namespace, once the server's end is up. */
export function hostRouteLines(host: number): string[] {
  return [`route add ${SERVER_ADDRESS}/32 via ${uplinkServerAddress(host)} dev up0 congctl cubic`]
}

/**
 * In the server's namespace.
 * @param packetLimit - of its devices, as arguments of `ip link set`
 */
export function serverLines(hosts: number, packetLimit: string): string[] {
  const uplinks = Array.from({ length: hosts }, (_, host) => [
    `link set up${host} addrgenmode none${packetLimit} up`,
    `addr add ${uplinkServerAddress(host)}/30 dev up${host}`,
    `route add ${subnetOf(host)} via ${uplinkHostAddress(host)} dev up${host} src ${SERVER_ADDRESS} congctl cubic`,
  ])
  return ['link set lo up', `addr add ${SERVER_ADDRESS}/32 dev lo`, ...uplinks.flat()]
}

/** In the host's namespace: a cable to the sandbox. */
export function plugLines({ index, namespace }: SandboxPlace): string[] {
  return [
    `link add ${portOf(index)} type veth peer name eth0 netns ${namespace}`,
    `link set ${portOf(index)} addrgenmode none master br0 up`,
  ]
}

/** In the host's namespace: cables that are no longer wanted, as a group: one by one the kernel takes 20 ms for each. */
export function unplugLines(places: readonly SandboxPlace[]): string[] {
  return [...places.map(({ index }) => `link set ${portOf(index)} group ${UNWANTED}`), `link del group ${UNWANTED}`]
}

/** In the sandbox's namespace; the packet limit as for {@link serverLines}. */
export function sandboxLines({ host, index }: SandboxPlace, packetLimit: string): string[] {
  return [
    'link set lo up',
    `link set eth0 addrgenmode none${packetLimit} up`,
    `addr add ${sandboxAddress(host, index)}/22 dev eth0`,
    `route add default via ${gatewayOf(host)} congctl cubic`,
  ]
}
