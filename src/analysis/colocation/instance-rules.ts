import { onGvisor } from './extract/kernel.ts'
import { EXTRACTORS } from './extract/registry.ts'
import { isKnownConstant } from './known-constant.ts'
import type { DroppedValue, Extractor, InstanceFacts, InstanceObservations, Meaning, Observation } from './observation.ts'
import type { ObservedValues } from './observed-values.ts'

const DECLARED_HOST: Meaning = { key: 'declared-host', scope: 'host', basis: 'declared', confidence: 1, separates: 'host' }
const REGION: Meaning = { key: 'region', scope: 'stratum', basis: 'declared', confidence: 0, separates: 'host' }

interface Rule {
  readonly extractor: Extractor
  readonly meaning: Meaning
  /** Of what the kernel tells of its boot: what it means under gVisor. */
  readonly ofSandbox: Meaning | undefined
}

const OF_THE_BOOT: ReadonlySet<string> = new Set(['boot-id', 'kernel-start', 'kernel-start-by-uptime'])
const RULES = EXTRACTORS.map((extractor): Rule => {
  const { key, scope, basis, confidence, separates, tolerance } = extractor
  const meaning = { key, scope, basis, confidence, ...(separates && { separates }), ...(tolerance !== undefined && { tolerance }) }
  return { extractor, meaning, ofSandbox: OF_THE_BOOT.has(key) ? ofSandbox(meaning) : undefined }
})

/** What one instance's facts say, by the rules that need no other instance. */
export function observeOne(instance: InstanceFacts, values: ObservedValues): InstanceObservations {
  const { account, region } = instance
  const realm = [instance.provider, account && `account ${account}`, region].filter(Boolean).join(' ')
  const observations: Observation[] = []
  const dropped: DroppedValue[] = []
  if (instance.host !== undefined) observations.push(values.observe(DECLARED_HOST, realm, instance.host))
  if (region !== undefined) observations.push(values.observe(REGION, instance.provider, region))
  const gvisor = onGvisor(instance.facts)
  for (const { extractor, meaning, ofSandbox } of RULES) {
    const extraction = extractor.extract(instance.facts)
    if (extraction.kind === 'absent') continue
    const { key } = extractor
    if (extraction.kind === 'malformed') {
      dropped.push({ key, code: 'malformed', message: `${key}: ${extraction.reason}.` })
      continue
    }
    const { value } = extraction
    const refused = refusal(extractor, value, instance)
    if (refused !== undefined) dropped.push(refused)
    else if (gvisor && ofSandbox !== undefined) {
      observations.push(values.observe(ofSandbox, `${realm} gVisor`, value))
      dropped.push({ key, code: 'gvisor', message: `${key}: under gVisor it is the sandbox's, and says nothing of a machine.` })
    } else if (meaning.confidence > 0 || meaning.separates !== undefined) observations.push(values.observe(meaning, realm, value))
  }
  return { instance, observations, dropped }
}

function refusal(extractor: Extractor, value: string, { provider, facts }: InstanceFacts): DroppedValue | undefined {
  const { key, scope } = extractor
  if (isKnownConstant(key, value)) {
    return { key, code: 'known-constant', message: `${key}: "${value}" is the same in places that have nothing to do with each other.` }
  }
  if (extractor.clonedBySnapshot && facts['env/AWS_LAMBDA_INITIALIZATION_TYPE'] === 'snap-start') {
    return { key, code: 'snapshot-clone', message: `${key}: all instances restored from one snapshot show the same value.` }
  }
  const ofLab = key === 'local-subnet'
  const ofMachine = scope === 'sandbox' || scope === 'vm' || scope === 'host'
  if (provider === 'local' ? ofMachine && !ofLab : ofLab) {
    return {
      key,
      code: 'simulated-host',
      message: ofLab ? `${key}: only the local provider has such subnets.` : `${key}: the hosts of the local provider share one machine.`,
    }
  }
  return undefined
}

/** A gVisor sandbox has a kernel of its own, made when it starts: its boot is no machine's. Every mount of /proc has a boot id of its own. */
function ofSandbox({ separates: _, ...meaning }: Meaning): Meaning {
  return { ...meaning, scope: 'sandbox', ...(meaning.key !== 'boot-id' && { separates: 'sandbox' }) }
}
