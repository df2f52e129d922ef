import { closeSync, openSync, readFileSync, readlinkSync, readSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { redact } from '../model/redact.ts'
import { knownSecrets } from './known-secrets.ts'

/** Longest text of one fact; what is longer is cut. */
export const MAX_FACT_BYTES = 4096

/** Files by key, each with the lines that identify something; all lines where there is no pattern. */
const FILES: Readonly<Record<string, RegExp | undefined>> = {
  'proc/self/cgroup': undefined,
  'proc/sys/kernel/random/boot_id': undefined,
  'proc/sys/kernel/hostname': undefined,
  'proc/version': undefined,
  'proc/stat': /^(cpu|btime) .*/,
  'proc/meminfo': /^MemTotal:.*/,
  // Up to the mount point: what comes after may hold credentials of network file systems.
  'proc/self/mountinfo': /^\d+ \d+ \d+:\d+ \S+ \/(etc\/(hostname|hosts|resolv\.conf))?(?= )/,
  'sys/class/net/eth0/address': undefined,
}

const CPUINFO = /^(vendor_id|cpu family|model|model name|stepping|microcode|cpu MHz)\s*:.*/
const MAX_INTERFACES = 8

const NAMESPACES = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'] as const

/** Variables that say which instance, function, place or platform this is. Everything else stays unread: environments hold keys. */
const VARIABLES = [
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_EXECUTION_ENV',
  'AWS_REGION',
  'K_SERVICE',
  'K_REVISION',
  'K_CONFIGURATION',
  'FUNCTION_NAME',
  'FUNCTION_REGION',
  'FUNCTION_MEMORY_MB',
  'WEBSITE_INSTANCE_ID',
  'WEBSITE_POD_NAME',
  'WEBSITE_HOME_STAMPNAME',
  'WEBSITE_SITE_NAME',
  'WEBSITE_SKU',
  'WEBSITE_COMPUTE_MODE',
  'WEBSITE_ROLE_INSTANCE_ID',
  'CONTAINER_NAME',
  'REGION_NAME',
  'COMPUTERNAME',
  'Fabric_Id',
  'Fabric_ApplicationName',
  'Fabric_NodeIPOrFQDN',
  'HOSTNAME',
  'KUBERNETES_NODE_NAME',
] as const

/**
 * Raw texts that tell which sandbox, machine or host this is, by allow-list; what cannot be read is absent.
 *
 * Raw, so that rules found later can be run on old journals. Keys as in the journal's schema: `proc/self/cgroup`, `env/NAME`, …;
 * `net/NAME` is an interface (`MAC ADDRESS/PREFIX …`), `clock/uptime` this machine's wall clock when `proc/uptime` was read, in epoch
 * milliseconds, `process/arch` the architecture of Node.
 *
 * @param secrets - blotted out wherever they stand. Default: what the environment has
 */
export function collectFacts(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  secrets: readonly string[] = knownSecrets(environment),
): Record<string, string> {
  const facts: Record<string, string> = {}
  const add = (key: string, read: () => string | undefined) => {
    const text = attempt(read)
    if (text !== undefined && text !== '') facts[key] = cut(redact(text, secrets))
  }
  for (const [key, lines] of Object.entries(FILES)) add(key, () => select(readFileSync(`/${key}`, 'utf8'), lines))
  add('proc/cpuinfo', () => select(firstPage('/proc/cpuinfo'), CPUINFO))
  add('proc/uptime', () => readFileSync('/proc/uptime', 'utf8').trim())
  if (facts['proc/uptime'] !== undefined) facts['clock/uptime'] = String(Date.now())
  for (const name of NAMESPACES) add(`proc/self/ns/${name}`, () => readlinkSync(`/proc/self/ns/${name}`))
  for (const [name, text] of attempt(interfaces) ?? []) add(`net/${name}`, () => text)
  for (const name of VARIABLES) add(`env/${name}`, () => environment[name])
  add('process/arch', () => process.arch)
  return facts
}

/** What matches of the lines, each first word once (`/proc/cpuinfo` repeats itself for every processor); the whole text without a pattern. */
function select(text: string, pattern: RegExp | undefined): string {
  if (pattern === undefined) return text.trim()
  const seen = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = pattern.exec(line)
    const key = match?.[1] ?? match?.[0]
    if (match !== null && key !== undefined && !seen.has(key)) seen.set(key, match[0])
  }
  return [...seen.values()].join('\n')
}

/** The kernel writes the processors one after the other as they are read; the first is enough. */
function firstPage(path: string): string {
  const file = openSync(path, 'r')
  try {
    const page = Buffer.allocUnsafe(MAX_FACT_BYTES)
    return page.toString('utf8', 0, readSync(file, page))
  } finally {
    closeSync(file)
  }
}

/** Interfaces that are up, without loopback; addresses that IPv6 derives from the MAC address tell nothing more. */
function interfaces(): [name: string, text: string][] {
  return Object.entries(networkInterfaces())
    .slice(0, MAX_INTERFACES)
    .flatMap(([name, addresses = []]): [string, string][] => {
      const outer = addresses.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
      const mac = outer[0]?.mac
      return mac === undefined ? [] : [[name, [mac, ...outer.map(({ cidr, address }) => cidr ?? address)].join(' ')]]
    })
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** At most {@link MAX_FACT_BYTES}, without half a character at the end. */
function cut(text: string): string {
  const bytes = Buffer.from(text)
  return bytes.length <= MAX_FACT_BYTES ? text : bytes.toString('utf8', 0, MAX_FACT_BYTES).replace(/\uFFFD+$/, '')
}
