import type { Tier } from '../../model/journal-record.ts'
import type { CapabilityName, HostCapabilities } from './detect-host.ts'
import type { Settings } from './options.ts'
import { howToAllowUserNamespaces } from './rootless/allow-user-namespaces.ts'
import { shapersOf } from './shaping.ts'

/** What to do where something is missing. */
const REMEDIES: Readonly<Record<Exclude<CapabilityName, 'userNamespace'>, string>> = {
  linux: 'Run on Linux: a virtual machine or a container with --privileged will do.',
  root: 'Run as root.',
  ip: 'Run `apt-get install -y iproute2`.',
  tc: 'Run `apt-get install -y iproute2`.',
  nsenter: 'Run `apt-get install -y util-linux`.',
  unshare: 'Run `apt-get install -y util-linux`.',
  mount: 'Run `apt-get install -y mount`.',
  namespaces: 'In a container, start it with --privileged.',
  veth: 'Use a kernel with CONFIG_VETH.',
  bridge: 'Use a kernel with CONFIG_BRIDGE.',
  routing: 'In a container, start it with --privileged, so that /proc/sys can be written.',
  cubic: 'Use a kernel with CONFIG_TCP_CONG_CUBIC.',
  tbf: 'Use a kernel with CONFIG_NET_SCH_TBF, or another sharing policy.',
  htb: 'Use a kernel with CONFIG_NET_SCH_HTB and CONFIG_NET_CLS_U32, or another sharing policy.',
  cgroups: 'Mount cgroups writable with the controllers cpu and memory; in a container, start it with --privileged.',
}

const NETWORK = ['ip', 'tc', 'nsenter', 'namespaces', 'veth', 'bridge', 'routing', 'cubic'] as const
const NEEDS: Readonly<Record<Exclude<Tier, 'plain'>, readonly CapabilityName[]>> = {
  privileged: ['linux', 'root', ...NETWORK, 'cgroups'],
  rootless: ['linux', 'unshare', 'mount', 'userNamespace', ...NETWORK],
}

/** Something that a tier needs and that does not work here. */
export interface MissingCapability {
  readonly what: CapabilityName
  /** What was seen when it was tried. */
  readonly evidence: string
  readonly remedy: string
}

/** What a tier needs of a host, for a sharing policy, and does not find. What was not tried is left out where its cause is named. */
export function missingFor(
  tier: Exclude<Tier, 'plain'>,
  sharing: Settings['sharing'],
  { capabilities }: HostCapabilities,
): MissingCapability[] {
  const missing = [...NEEDS[tier], ...shapersOf(sharing)].filter((name) => !capabilities[name].works)
  const causes = missing.filter((name) => !capabilities[name].untried)
  return causes.map((what) => ({ what, evidence: capabilities[what].evidence, remedy: remedyFor(what) }))
}

const remedyFor = (what: CapabilityName): string => (what === 'userNamespace' ? howToAllowUserNamespaces() : REMEDIES[what])

/** In one line: `tc (no program tc on the PATH), cgroups (…)`. */
export function sayMissing(missing: readonly MissingCapability[]): string {
  return missing.map(({ what, evidence }) => `${what} (${evidence})`).join(', ')
}

/** What to do about it, each thing once. */
export function sayRemedies(missing: readonly MissingCapability[]): string {
  return [...new Set(missing.map(({ remedy }) => remedy))].join(' ')
}
