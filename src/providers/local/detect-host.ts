import { accessSync, constants } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { CPU_PERIOD_US, makeGroup, makeRunGroup, removeGroup } from './cgroup.ts'
import { type CgroupPlace, cgroupPlaces } from './cgroup-place.ts'
import { programPath } from './host-command.ts'
import { newRunName } from './run-name.ts'
import { type Capability, NETWORK, type NetworkCapability, type NetworkFindings, tryNetwork, tryRootlessNetwork } from './try-network.ts'

export type { Capability } from './try-network.ts'

const PROGRAMS = ['ip', 'tc', 'nsenter', 'unshare', 'mount'] as const
export type CapabilityName = 'linux' | 'root' | (typeof PROGRAMS)[number] | 'userNamespace' | NetworkCapability | 'cgroups'
const TRIED: readonly CapabilityName[] = ['linux', 'root', ...PROGRAMS, 'userNamespace', ...NETWORK, 'cgroups']

/** What this machine allows, to root on the host or to anybody in a user namespace. */
export interface HostCapabilities {
  readonly kernel: string
  readonly capabilities: Readonly<Record<CapabilityName, Capability>>
  /** Where cgroups with CPU and memory limits can be made; absent where nowhere. */
  readonly cgroups?: CgroupPlace
}

type Tried = 'privileged' | 'rootless'
type Found = Partial<Record<CapabilityName, Capability>>

const detected = new Map<Tried, HostCapabilities>()

/** Tries everything that a tier needs for real, in scratch namespaces and groups, and removes them; once per process and tier. */
export function detectHost(tier: Tried = 'privileged'): HostCapabilities {
  const known = detected.get(tier)
  if (known !== undefined) return known
  const host = { kernel: release(), ...tryAll(tier) }
  detected.set(tier, host)
  return host
}

function tryAll(tier: Tried): Pick<HostCapabilities, 'capabilities' | 'cgroups'> {
  const found: Found = { linux: { works: process.platform === 'linux', evidence: process.platform } }
  let cgroups: CgroupPlace | undefined
  if (found.linux?.works) {
    for (const program of PROGRAMS) found[program] = findProgram(program)
    if (tier === 'rootless') Object.assign(found, whereFound(found, PROGRAMS, tryRootlessNetwork))
    else {
      found.root = { works: process.geteuid?.() === 0, evidence: `this is user ${process.geteuid?.()}` }
      if (found.root.works) {
        Object.assign(found, whereFound(found, ['ip', 'tc', 'nsenter'], tryNetwork))
        ;({ cgroups, ...found.cgroups } = tryCgroups())
      }
    }
  }
  const untried: Capability = { works: false, evidence: 'not tried: something that it needs is missing', untried: true }
  const capabilities = Object.fromEntries(TRIED.map((name) => [name, found[name] ?? untried])) as Record<CapabilityName, Capability>
  return { capabilities, ...(cgroups === undefined ? {} : { cgroups }) }
}

function whereFound(found: Found, programs: readonly CapabilityName[], attempt: () => NetworkFindings): NetworkFindings {
  return programs.every((program) => found[program]?.works) ? attempt() : {}
}

function tryCgroups(): Capability & { readonly cgroups?: CgroupPlace } {
  const places = cgroupPlaces()
  const seen: string[] = []
  for (const place of places) {
    const run = newRunName()
    const made: string[] = []
    try {
      made.push(...makeRunGroup(place, run))
      const group = makeGroup(place, run, 'probe', { memoryBytes: 128 * 2 ** 20, cpuQuotaUs: 0.085 * CPU_PERIOD_US })
      made.unshift(...group.directories)
      return { works: true, evidence: `${place.version}: limits read back in ${place.cpu} and ${place.memory}`, cgroups: place }
    } catch (error) {
      seen.push(`${place.version}: ${(error as Error).message.replaceAll(run, 'netfair-…')}`)
      made.unshift(join(place.cpu, run, 'probe'), join(place.memory, run, 'probe'), join(place.cpu, run), join(place.memory, run))
    } finally {
      for (const directory of made) removeGroup(directory)
    }
  }
  return { works: false, evidence: [...new Set(seen)].join('; ') || 'no mounted hierarchy with the controllers cpu and memory' }
}

function findProgram(name: string): Capability {
  for (const directory of programPath().split(':')) {
    const path = join(directory, name)
    try {
      accessSync(path, constants.X_OK)
      return { works: true, evidence: path }
    } catch {} // the next directory
  }
  return { works: false, evidence: `no program ${name} on the PATH` }
}
