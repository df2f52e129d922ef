import type { Extraction, Extractor } from '../observation.ts'
import { ABSENT, type Facts, found, lowerCase, malformed, rule, wholeFact } from './extraction.ts'

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const bootId = (facts: Facts): Extraction => lowerCase(wholeFact(facts, 'proc/sys/kernel/random/boot_id', UUID, 'a UUID'))

/** gVisor's version text, a constant of its source (`linux.go`). */
const GVISOR_VERSION = /^Linux version \S+ .*#1 SMP Sun Jan 10 15:06:54 PST 2016/
/** CPU times that a real kernel only has before its first tick. */
const NO_CPU_TIME = /^cpu +0(?: +0){6,}\s*$/m

/** Whether the kernel is gVisor's, whose boot is that of the sandbox. Either tell-tale is enough: it only takes meaning away. */
export const onGvisor = (facts: Facts): boolean =>
  NO_CPU_TIME.test(facts['proc/stat'] ?? '') || GVISOR_VERSION.test(facts['proc/version'] ?? '')

/** Earlier starts are clocks that were never set. */
const YEAR_2001_S = 1e9

function kernelStart(facts: Facts): Extraction {
  const seconds = /^btime +(\S+)$/m.exec(facts['proc/stat'] ?? '')?.[1]
  if (seconds === undefined) return ABSENT
  return /^\d{10}$/.test(seconds) && Number(seconds) >= YEAR_2001_S ? found(seconds) : malformed('btime is no time since 2001')
}

/** Seconds since 1970 at which the kernel started, by the clock of the instance. */
function kernelStartByUptime(facts: Facts): Extraction {
  const uptime = facts['proc/uptime']
  const epochMs = facts['clock/uptime']
  if (uptime === undefined || epochMs === undefined) return ABSENT
  const seconds = /^(\d{1,10}\.\d{2}) \d+\.\d{2}$/.exec(uptime.trim())?.[1]
  if (seconds === undefined || !/^\d{12,14}(?:\.\d+)?$/.test(epochMs)) return malformed('no uptime, or no clock reading')
  const start = Number(epochMs) / 1000 - Number(seconds)
  return start >= YEAR_2001_S ? found(start.toFixed(2)) : malformed('the start is before 2001')
}

const INODE = { mnt: /^mnt:\[\d{1,10}\]$/, net: /^net:\[\d{1,10}\]$/ } as const

/** Inode numbers of namespaces are counted by the kernel: they say something only together with its boot. */
function namespace(facts: Facts, kind: keyof typeof INODE): Extraction {
  const inode = wholeFact(facts, `proc/self/ns/${kind}`, INODE[kind], `${kind}:[inode]`)
  if (inode.kind !== 'value') return inode
  const boot = bootId(facts)
  return boot.kind === 'value' ? found(`${boot.value} ${inode.value}`) : boot
}

/** What the kernel tells of itself. */
export const KERNEL: readonly Extractor[] = [
  rule({
    key: 'boot-id',
    scope: 'vm',
    basis: 'identifier',
    confidence: 0.999,
    separates: 'vm',
    era: 'every Linux: 122 random bits a boot. The microVM on Lambda since 2019, not the host; of gVisor only the sandbox',
    clonedBySnapshot: true,
    extract: bootId,
  }),
  rule({
    key: 'kernel-start',
    scope: 'vm',
    basis: 'fingerprint',
    confidence: 0,
    separates: 'vm',
    tolerance: 2,
    era: 'every Linux: btime, in seconds. Kernels started together are equal in it; two starts are two kernels',
    clonedBySnapshot: true,
    extract: kernelStart,
  }),
  rule({
    key: 'kernel-start-by-uptime',
    scope: 'vm',
    basis: 'fingerprint',
    confidence: 0,
    separates: 'vm',
    tolerance: 2,
    era: 'every Linux: the local clock less the uptime, in seconds',
    clonedBySnapshot: true,
    extract: kernelStartByUptime,
  }),
  rule({
    key: 'mount-namespace',
    scope: 'sandbox',
    basis: 'identifier',
    confidence: 0.99,
    era: 'every Linux since 3.8, with the boot id: a container has a mount namespace of its own; numbers are used again',
    clonedBySnapshot: true,
    passedOn: true,
    madeWith: 'boot-id',
    extract: (facts) => namespace(facts, 'mnt'),
  }),
  rule({
    key: 'network-namespace',
    scope: 'sandbox',
    basis: 'identifier',
    confidence: 0.95,
    era: 'every Linux since 3.8, with the boot id: a sandbox, or the containers of one pod; numbers are used again',
    clonedBySnapshot: true,
    passedOn: true,
    madeWith: 'boot-id',
    extract: (facts) => namespace(facts, 'net'),
  }),
  rule({
    key: 'runtime',
    scope: 'stratum',
    basis: 'fingerprint',
    confidence: 0,
    era: 'gVisor: all CPU times are 0, or its constant version text',
    extract: (facts) => (onGvisor(facts) ? found('gvisor') : ABSENT),
  }),
]
