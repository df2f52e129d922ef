import { type Guest, guestOf } from './extract/guest.ts'
import { EXTRACTORS } from './extract/registry.ts'
import { isKnownConstant } from './known-constant.ts'
import type { DroppedValue, Extractor, InstanceFacts, InstanceObservations, Meaning, Observation } from './observation.ts'
import type { ObservedValues } from './observed-values.ts'

const DECLARED_HOST: Meaning = { key: 'declared-host', scope: 'host', basis: 'declared', confidence: 1, separates: 'host' }
const REGION: Meaning = { key: 'region', scope: 'stratum', basis: 'declared', confidence: 0, separates: 'host' }

interface Rule {
  readonly extractor: Extractor
  readonly meaning: Meaning
  /** What is left where equal values may be copies: different ones still tell apart. */
  readonly ofCopy: Meaning
  /** Of what the kernel tells of its boot: what is left under gVisor. */
  readonly ofSandbox: Meaning | undefined
}

const OF_THE_START: ReadonlySet<string> = new Set(['kernel-start', 'kernel-start-by-uptime'])
const RULES = EXTRACTORS.map((extractor): Rule => {
  const { key, scope, basis, confidence, separates, tolerance, madeWith } = extractor
  const meaning = {
    key,
    scope,
    basis,
    confidence,
    ...(separates && { separates }),
    ...(tolerance !== undefined && { tolerance }),
    ...(madeWith && { madeWith }),
  }
  const ofBoot = OF_THE_START.has(key) || key === 'boot-id' || madeWith === 'boot-id'
  return { extractor, meaning, ofCopy: { ...meaning, confidence: 0 }, ofSandbox: ofBoot ? ofSandbox(meaning) : undefined }
})
const BY_KEY: ReadonlyMap<string, Rule> = new Map(RULES.map((rule) => [rule.extractor.key, rule]))

/** What one instance's facts say, by the rules that need no other instance. */
export function observeOne(instance: InstanceFacts, values: ObservedValues): InstanceObservations {
  const { account, region, provider, facts } = instance
  const realm = [provider, account && `account ${account}`, region].filter(Boolean).join(' ')
  const observations: Observation[] = []
  const dropped: DroppedValue[] = []
  if (instance.host) observations.push(values.observe(DECLARED_HOST, realm, instance.host))
  if (region) observations.push(values.observe(REGION, provider, region))
  const guest = guestOf(provider, facts)
  const refusedKeys = new Map<string, DroppedValue['code']>()
  for (const rule of RULES) {
    const { extractor, meaning } = rule
    const extraction = extractor.extract(facts)
    if (extraction.kind === 'absent') continue
    const { key } = extractor
    if (extraction.kind === 'malformed') {
      dropped.push({ key, code: 'malformed', message: `${key}: ${extraction.reason}.` })
      continue
    }
    const { value } = extraction
    const refused = refusal(extractor, value, provider) ?? refusedWith(extractor, refusedKeys)
    if (refused !== undefined) {
      dropped.push(refused)
      refusedKeys.set(key, refused.code)
      continue
    }
    const narrow = narrowed(rule, guest)
    if (narrow !== undefined) {
      dropped.push({ key, code: narrow.code, message: `${key}: ${WHY[narrow.code]}.` })
      if (meaning.confidence > 0) values.copied(key, value)
    }
    const left = narrow?.meaning ?? meaning
    if (left.confidence > 0 || left.separates !== undefined)
      observations.push(values.observe(left, left === rule.ofSandbox ? `${realm} gVisor` : realm, value))
  }
  return { instance, observations, dropped }
}

/** A copy may have lost what tells that it is one: a value that proves nothing for one instance proves nothing for any. */
export function distrustCopies(one: InstanceObservations, values: ObservedValues): InstanceObservations {
  const isDistrusted = ({ kind, value }: Observation): boolean => kind.confidence > 0 && values.isCopied(kind.key, value)
  if (!one.observations.some(isDistrusted)) return one
  const dropped = [...one.dropped]
  const observations = one.observations.flatMap((observation) => {
    const { key, realm } = observation.kind
    const rule = BY_KEY.get(key)
    if (rule === undefined || !isDistrusted(observation)) return [observation]
    dropped.push({ key, code: 'snapshot-clone', message: `${key}: another instance shows that "${observation.value}" may be a copy.` })
    return rule.ofCopy.separates === undefined ? [] : [values.observe(rule.ofCopy, realm, observation.value)]
  })
  return { ...one, observations, dropped }
}

function refusal({ key, scope }: Extractor, value: string, provider: string): DroppedValue | undefined {
  if (isKnownConstant(key, value)) {
    return { key, code: 'known-constant', message: `${key}: "${value}" is the same in places that have nothing to do with each other.` }
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

function refusedWith({ key, madeWith = '' }: Extractor, refused: ReadonlyMap<string, DroppedValue['code']>): DroppedValue | undefined {
  const code = refused.get(madeWith)
  return code === undefined ? undefined : { key, code, message: `${key}: made with a ${madeWith} that does not count.` }
}

const WHY: Readonly<Record<NonNullable<Guest>, string>> = {
  'snapshot-clone': 'instances restored from one snapshot show the same value, and nothing says that these were not',
  gvisor: "under gVisor it is the sandbox's, and says nothing of a machine",
  'own-kernel': 'every environment here has a kernel of its own, so equal values are copies',
}

function narrowed({ extractor, ofCopy, ofSandbox }: Rule, guest: Guest): { meaning: Meaning; code: NonNullable<Guest> } | undefined {
  if (guest === 'snapshot-clone') return extractor.clonedBySnapshot ? { meaning: ofCopy, code: guest } : undefined
  if (guest === undefined || ofSandbox === undefined) return undefined
  return { meaning: guest === 'gvisor' ? ofSandbox : ofCopy, code: guest }
}

/** A gVisor sandbox has a kernel of its own, made when it starts: its boot is no machine's. Every mount of /proc has a boot id of its own. */
function ofSandbox({ separates: _, ...meaning }: Meaning): Meaning {
  return { ...meaning, scope: 'sandbox', confidence: 0, ...(OF_THE_START.has(meaning.key) && { separates: 'sandbox' }) }
}
