import { execFileSync } from 'node:child_process'

/** A client and a server namespace with one routed hop between them, cubic on both sides. */
export interface RoutedPath extends Disposable {
  readonly serverAddress: string
  /** Command line that runs a program at one end. */
  at(end: 'client' | 'server', command: readonly string[]): readonly [string, ...string[]]
}

let paths = 0

/**
 * Builds the path; needs root. Routed, not bridged: over a bridge a packet keeps its socket and TCP sees no network.
 * @param rateMbit - shapes both directions; absent = unshaped
 */
export function routedPath(rateMbit?: number): RoutedPath {
  const prefix = `nfp${process.pid}-${++paths}`
  const [host, server, client] = [`${prefix}-host`, `${prefix}-srv`, `${prefix}-sb`]
  const built: string[] = []
  const remove = (): void => {
    for (const namespace of built.splice(0)) execFileSync('ip', ['netns', 'del', namespace])
  }
  try {
    for (const namespace of [host, server, client]) {
      execFileSync('ip', ['netns', 'add', namespace])
      built.push(namespace)
    }
    for (const command of commands(host, server, client, rateMbit)) execFileSync('sh', ['-c', command])
  } catch (error) {
    remove()
    throw error
  }
  return {
    serverAddress: '198.19.0.2',
    at: (end, command) => ['ip', 'netns', 'exec', end === 'client' ? client : server, ...command],
    [Symbol.dispose]: remove,
  }
}

function commands(host: string, server: string, client: string, rateMbit: number | undefined): readonly string[] {
  const shape = (device: string): string =>
    `ip netns exec ${host} tc qdisc add dev ${device} root tbf rate ${rateMbit}mbit burst 400kb latency 20ms`
  return [
    `ip -n ${host} link add up0 type veth peer name eth0 netns ${server}`,
    `ip -n ${host} link add v1 type veth peer name eth0 netns ${client}`,
    `ip -n ${host} addr add 198.19.0.1/30 dev up0 && ip -n ${host} link set up0 up`,
    `ip -n ${host} addr add 198.18.255.253/16 dev v1 && ip -n ${host} link set v1 up`,
    `ip netns exec ${host} sysctl -qw net.ipv4.ip_forward=1`,
    `ip -n ${server} link set lo up && ip -n ${server} link set eth0 up && ip -n ${server} addr add 198.19.0.2/30 dev eth0`,
    `ip -n ${client} link set lo up && ip -n ${client} link set eth0 up && ip -n ${client} addr add 198.18.0.1/16 dev eth0`,
    `ip -n ${server} route add default via 198.19.0.1 congctl cubic`,
    `ip -n ${client} route add default via 198.18.255.253 congctl cubic`,
    ...(rateMbit === undefined ? [] : [shape('up0'), shape('v1')]),
  ]
}
