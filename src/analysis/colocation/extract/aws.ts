import type { Extraction, Extractor } from '../observation.ts'
import { cgroupLines } from './cgroup.ts'
import { ABSENT, type Facts, found, malformed, onlyOne, rule, wholeFact } from './extraction.ts'

/** Whole paths: what is left of one cannot be told from another layout. */
const ROOT = /^\/sandbox-root-([0-9A-Za-z]{6})(?:\/sandbox-service-([0-9a-f]{6}))?\/sandbox-([0-9a-f]{6})$/

/** Three rules read the path of one instance after the other. */
let latest: { readonly text: string; readonly path: Extraction } = { text: '', path: ABSENT }

/** The path of the controller `cpu`; every other controller has ids of its own. */
function cpuPath(facts: Facts): Extraction {
  const text = facts['proc/self/cgroup'] ?? ''
  if (latest.text !== text) latest = { text, path: readCpuPath(facts) }
  return latest.path
}

function readCpuPath(facts: Facts): Extraction {
  if (!facts['proc/self/cgroup']?.includes('sandbox-root')) return ABSENT
  const paths = cgroupLines(facts).filter(({ controllers }) => controllers.includes('cpu'))
  const rooted = paths.map(({ path }) => path).filter((path) => path.includes('sandbox-root'))
  const path = onlyOne(rooted, 'sandbox roots')
  return path.kind === 'value' && !ROOT.test(path.value)
    ? malformed('sandbox-root, but not /sandbox-root-ID/sandbox-ID nor with a service between')
    : path
}

/** The root's id, where there is a service below it, or none. */
function sandboxRoot(facts: Facts, withService: boolean): Extraction {
  const path = cpuPath(facts)
  if (path.kind !== 'value') return path
  const [, root = '', service] = ROOT.exec(path.value) ?? []
  return (service !== undefined) === withService ? found(root) : ABSENT
}

function cgroupSandbox(facts: Facts): Extraction {
  const path = cpuPath(facts)
  if (path.kind !== 'value') return path
  const [, ...ids] = ROOT.exec(path.value) ?? []
  return found(ids.filter((id) => id !== undefined).join('/'))
}

const TYPES = /^(?:on-demand|provisioned-concurrency|snap-start|lambda-managed-instances|native-http)$/
const initialization = (facts: Facts): Extraction =>
  wholeFact(facts, 'env/AWS_LAMBDA_INITIALIZATION_TYPE', TYPES, 'a known type of initialization')

/** Whether this is Lambda, by whatever of its variables is left. */
const onLambda = (provider: string, facts: Facts): boolean =>
  provider === 'aws' || Object.keys(facts).some((key) => key.startsWith('env/AWS_LAMBDA_'))

/** Machines that several environments shared: before microVMs, so before snapshots, and on Managed Instances. */
const onSharedMachine = (facts: Facts, type: Extraction): boolean =>
  type.kind === 'value' ? type.value === 'lambda-managed-instances' : type.kind === 'absent' && cpuPath(facts).kind === 'value'

/**
 * What environments of Lambda are, as far as it is sure: `snapshot-clone` where they may have been restored from one snapshot, that
 * is unless the facts tell how they began; `own-kernel` where each is a microVM; undefined where they share a machine, and elsewhere than on Lambda.
 */
export function lambdaGuest(provider: string, facts: Facts): 'snapshot-clone' | 'own-kernel' | undefined {
  if (!onLambda(provider, facts)) return undefined
  const type = initialization(facts)
  if (onSharedMachine(facts, type)) return undefined
  return type.kind === 'value' && type.value !== 'snap-start' ? 'own-kernel' : 'snapshot-clone'
}

/** Where every environment is a microVM of its own; a type that is not known does not count as one. */
function inMicroVm(facts: Facts): boolean {
  const type = initialization(facts)
  return type.kind === 'value' && type.value !== 'lambda-managed-instances'
}

const LOG_STREAM = /^\d{4}\/\d{2}\/\d{2}\/[\w-]*\[(?:\$LATEST|\d+)\][0-9a-f]{32}$/
const logStream = (facts: Facts): Extraction =>
  wholeFact(facts, 'env/AWS_LAMBDA_LOG_STREAM_NAME', LOG_STREAM, 'a log stream: date, version, 32 hexadecimal digits')

function availabilityZone(facts: Facts): Extraction {
  const text = facts['metadata/execution-environment']
  if (text === undefined || text === '') return ABSENT
  try {
    const zone = (JSON.parse(text) as { AvailabilityZoneID?: unknown } | null)?.AvailabilityZoneID
    if (zone === undefined) return ABSENT
    return typeof zone === 'string' && /^[a-z]{2,5}\d-az\d{1,2}$/.test(zone) ? found(zone) : malformed('AvailabilityZoneID is no zone')
  } catch {
    return malformed('no JSON')
  }
}

/** Identifiers of AWS Lambda. */
export const AWS: readonly Extractor[] = [
  rule({
    key: 'aws-sandbox-root',
    scope: 'vm',
    basis: 'identifier',
    confidence: 0.95,
    separates: 'vm',
    era: 'Lambda on EC2 machines, until about 2019: the machine of one account. Wang et al. 2018; layouts A and B',
    extract: (facts) => sandboxRoot(facts, false),
  }),
  rule({
    key: 'aws-sandbox-root-service',
    scope: 'vm',
    basis: 'identifier',
    confidence: 0.6,
    era: 'Lambda about 2019–2020, three levels (layout C); whether a root ever held several microVMs is not established',
    extract: (facts) => sandboxRoot(facts, true),
  }),
  rule({
    key: 'aws-cgroup-sandbox',
    scope: 'sandbox',
    basis: 'identifier',
    confidence: 0.95,
    separates: 'sandbox',
    era: 'Lambda until about 2020: 24 random bits below a sandbox root',
    extract: cgroupSandbox,
  }),
  rule({
    key: 'aws-log-stream',
    scope: 'sandbox',
    basis: 'identifier',
    confidence: 0.999,
    separates: 'vm',
    era: 'Lambda on Firecracker: one environment, one microVM, one log stream; absent with SnapStart',
    clonedBySnapshot: true,
    extract: (facts) => (inMicroVm(facts) ? logStream(facts) : ABSENT),
  }),
  rule({
    key: 'aws-shared-machine-log-stream',
    scope: 'sandbox',
    basis: 'identifier',
    confidence: 0.999,
    separates: 'sandbox',
    clonedBySnapshot: true,
    era: 'Lambda until about 2019, and Managed Instances since 2025: several environments share a machine',
    extract: (facts) => (inMicroVm(facts) ? ABSENT : logStream(facts)),
  }),
  rule({
    key: 'aws-initialization',
    scope: 'stratum',
    basis: 'declared',
    confidence: 0,
    era: 'Lambda since 2021: which other rules hold',
    extract: initialization,
  }),
  rule({
    key: 'aws-availability-zone',
    scope: 'stratum',
    basis: 'declared',
    confidence: 0,
    separates: 'host',
    era: 'Lambda metadata endpoint since 2026-03; never changes',
    extract: availabilityZone,
  }),
]
