import { readFileSync, readlinkSync } from 'node:fs'

/** Longest text of one fact; what is longer is cut. */
export const MAX_FACT_BYTES = 4096

/** Files by key, each with the lines that identify something; all lines where there is no pattern. */
const FILES: Readonly<Record<string, RegExp | undefined>> = {
  'proc/self/cgroup': undefined,
  'proc/sys/kernel/random/boot_id': undefined,
  'proc/sys/kernel/hostname': undefined,
  'proc/version': undefined,
  'proc/uptime': undefined,
  'proc/stat': /^(cpu|btime) /,
  'proc/meminfo': /^MemTotal:/,
  'proc/cpuinfo': /^(vendor_id|cpu family|model|model name|stepping|microcode|cpu MHz)\s*:/,
  'proc/self/mountinfo': /^\S+ \S+ \S+ \S+ \/(etc\/(hostname|hosts|resolv\.conf))? /,
  'sys/class/net/eth0/address': undefined,
}

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
 * Raw, so that rules found later can be run on old journals. Keys as in the journal's schema: `proc/self/cgroup`, `env/NAME`, …
 */
export function collectFacts(environment: Readonly<Record<string, string | undefined>> = process.env): Record<string, string> {
  const facts: Record<string, string> = {}
  const add = (key: string, read: () => string | undefined) => {
    const text = attempt(read)
    if (text !== undefined && text !== '') facts[key] = cut(text)
  }
  for (const [key, lines] of Object.entries(FILES)) add(key, () => select(readFileSync(`/${key}`, 'utf8'), lines))
  for (const name of NAMESPACES) add(`proc/self/ns/${name}`, () => readlinkSync(`/proc/self/ns/${name}`))
  for (const name of VARIABLES) add(`env/${name}`, () => environment[name])
  return facts
}

/** The lines that match, each first word once (`/proc/cpuinfo` repeats itself for every processor); the whole text without a pattern. */
function select(text: string, pattern: RegExp | undefined): string {
  if (pattern === undefined) return text.trim()
  const seen = new Map<string, string>()
  for (const line of text.split('\n')) {
    const key = pattern.exec(line)?.[0]
    if (key !== undefined && !seen.has(key)) seen.set(key, line)
  }
  return [...seen.values()].join('\n')
}

function attempt(read: () => string | undefined): string | undefined {
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
