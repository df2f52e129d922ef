import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { availableParallelism, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { CPU_PERIOD_US, makeGroup, makeRunGroup, removeGroup } from './cgroup.ts'
import { type CgroupPlace, cgroupPlaces } from './cgroup-place.ts'
import { hostEnvironment, programPath } from './host-command.ts'
import { newRunName } from './run-name.ts'

/** Whether something works here, as tried, and what was seen. */
export interface Capability {
  readonly works: boolean
  readonly evidence: string
  /** It was not tried, because something that it needs is missing. */
  readonly untried?: true
}

const TRIED = ['root', 'ip', 'tc', 'nsenter', 'namespaces', 'veth', 'bridge', 'routing', 'cubic', 'tbf', 'htb', 'cgroups'] as const
export type CapabilityName = (typeof TRIED)[number]

/** What this machine allows. */
export interface HostCapabilities {
  readonly kernel: string
  readonly cores: number
  readonly memoryBytes: number
  readonly capabilities: Readonly<Record<CapabilityName, Capability>>
  /** Where cgroups with CPU and memory limits can be made; absent where nowhere. */
  readonly cgroups?: CgroupPlace
}

let detected: HostCapabilities | undefined

/** Tries everything for real in scratch namespaces and groups, and removes them; once per process. */
export function detectHost(): HostCapabilities {
  detected ??= tryAll()
  return detected
}

function tryAll(): HostCapabilities {
  const found: Partial<Record<CapabilityName, Capability>> = {}
  const { cgroups, ...groups } = tryCgroups()
  found.cgroups = groups
  found.root = { works: process.getuid?.() === 0, evidence: `effective user ${process.geteuid?.() ?? 'unknown'} on ${process.platform}` }
  for (const program of ['ip', 'tc', 'nsenter'] as const) found[program] = findProgram(program)
  tryNetwork(found)
  const untried: Capability = { works: false, evidence: 'not tried: something that it needs is missing', untried: true }
  const capabilities = Object.fromEntries(TRIED.map((name) => [name, found[name] ?? untried])) as Record<CapabilityName, Capability>
  return {
    kernel: release(),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    capabilities,
    ...(cgroups === undefined ? {} : { cgroups }),
  }
}

function tryNetwork(found: Partial<Record<CapabilityName, Capability>>): void {
  if (![found.ip, found.tc, found.nsenter].every((program) => program?.works)) return
  const [inside, peer] = [newRunName(), newRunName()]
  try {
    found.namespaces = attempt('ip', ['-batch', '-'], `netns add ${inside}\nnetns add ${peer}\n`)
    if (!found.namespaces.works) return
    const ip = (...lines: string[]): Capability => attempt('ip', ['-n', inside, '-batch', '-'], `${lines.join('\n')}\n`)
    const tc = (...lines: string[]): Capability => attempt('tc', ['-n', inside, '-batch', '-'], `${lines.join('\n')}\n`)
    found.bridge = ip('link add br0 type bridge', 'link set br0 addrgenmode none up', 'addr add 198.18.3.254/22 dev br0')
    found.veth = ip(`link add up0 type veth peer name eth0 netns ${peer}`, 'link set up0 up', 'addr add 198.19.0.1/30 dev up0')
    found.cubic = ip('route add 198.19.255.1/32 via 198.19.0.2 dev up0 congctl cubic')
    const forward = 'echo 1 > /proc/sys/net/ipv4/ip_forward && test "$(cat /proc/sys/net/ipv4/ip_forward)" = 1'
    found.routing = attempt('nsenter', [`--net=/run/netns/${inside}`, 'sh', '-c', forward])
    found.tbf = tc('qdisc add dev up0 root tbf rate 600mbit burst 300000 latency 20ms')
    found.htb = tc(
      'qdisc add dev br0 root handle 1: htb',
      'class add dev br0 parent 1: classid 1:1 htb rate 600mbit ceil 600mbit quantum 60000',
      'qdisc add dev br0 parent 1:1 bfifo limit 500000',
      'filter add dev br0 parent 1: protocol ip prio 1 u32 match ip dst 198.18.0.1/32 flowid 1:1',
    )
  } finally {
    attempt('ip', ['-force', '-batch', '-'], `netns del ${inside}\nnetns del ${peer}\n`)
  }
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
      seen.push(`${place.version} in ${place.cpu}: ${(error as Error).message}`)
      made.unshift(join(place.cpu, run, 'probe'), join(place.memory, run, 'probe'), join(place.cpu, run), join(place.memory, run))
    } finally {
      for (const directory of made) removeGroup(directory)
    }
  }
  return { works: false, evidence: seen.join('; ') || 'no mounted hierarchy with the controllers cpu and memory' }
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

function attempt(program: string, args: readonly string[], input = ''): Capability {
  const { status, stderr, error } = spawnSync(program, args, { input, encoding: 'utf8', env: hostEnvironment(), timeout: 10_000 })
  const said = error?.message ?? stderr.trim().replaceAll('\n', '; ')
  return status === 0 ? { works: true, evidence: 'tried in a scratch namespace' } : { works: false, evidence: said || `exit ${status}` }
}
