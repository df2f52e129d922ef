import { MeasurementError } from '../../model/errors.ts'
import type { CgroupPlace } from './cgroup-place.ts'
import type { CapabilityName, HostCapabilities } from './detect-host.ts'
import type { Settings } from './options.ts'
import { shapersOf } from './shaping.ts'

/** What to do where something is missing. */
const REMEDIES: Readonly<Record<CapabilityName, string>> = {
  root: 'Run as root on Linux.',
  ip: 'Run `apt-get install -y iproute2`.',
  tc: 'Run `apt-get install -y iproute2`.',
  nsenter: 'Run `apt-get install -y util-linux`.',
  namespaces: 'In a container, start it with --privileged.',
  veth: 'Use a kernel with CONFIG_VETH.',
  bridge: 'Use a kernel with CONFIG_BRIDGE.',
  routing: 'In a container, start it with --privileged, so that /proc/sys can be written.',
  cubic: 'Use a kernel with CONFIG_TCP_CONG_CUBIC.',
  tbf: 'Use a kernel with CONFIG_NET_SCH_TBF, or another sharing policy.',
  htb: 'Use a kernel with CONFIG_NET_SCH_HTB and CONFIG_NET_CLS_U32, or another sharing policy.',
  cgroups: 'Mount cgroups writable with the controllers cpu and memory; in a container, start it with --privileged.',
}

const ALWAYS = ['root', 'ip', 'tc', 'nsenter', 'namespaces', 'veth', 'bridge', 'routing', 'cubic', 'cgroups'] as const

/** What a sharing policy needs of a host that does not work there. */
export function missingFor(sharing: Settings['sharing'], { capabilities }: HostCapabilities): CapabilityName[] {
  return [...ALWAYS, ...shapersOf(sharing)].filter((name) => !capabilities[name].works)
}

/**
 * Ends where the host cannot run the lab.
 * @returns where to make cgroups
 * @throws MeasurementError `HOST_UNSUITABLE` that names all that is missing, what was seen, and what to do
 */
export function requireHost(sharing: Settings['sharing'], host: HostCapabilities): CgroupPlace {
  const missing = missingFor(sharing, host)
  if (missing.length === 0 && host.cgroups !== undefined) return host.cgroups
  const causes = causesOf(missing, host)
  const seen = causes.map((name) => `${name} (${host.capabilities[name].evidence})`).join(', ')
  throw new MeasurementError('HOST_UNSUITABLE', `local() cannot run on this machine. Missing: ${seen}.`, {
    hint: [...new Set(causes.map((name) => REMEDIES[name]))].join(' '),
  })
}

/** Without what only follows: what was not tried, and what nobody but root may do. */
function causesOf(missing: readonly CapabilityName[], { capabilities }: HostCapabilities): CapabilityName[] {
  const always = ['root', 'ip', 'tc', 'nsenter']
  return missing.filter((name) => always.includes(name) || (capabilities.root.works && !capabilities[name].untried))
}
