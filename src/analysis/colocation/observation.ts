/** What the same value means: one sandbox, one guest kernel, one physical host, one way out; or nothing (`stratum` can only tell apart). */
export type Scope = 'sandbox' | 'vm' | 'host' | 'egress' | 'stratum'

/** How a value came about: told by who owns the machines, made to identify, or a trait that happens to differ from machine to machine. */
export type Basis = 'declared' | 'identifier' | 'fingerprint'

/** What one rule reads in the facts of one instance. Never a made-up value: no pattern, no value. */
export type Extraction =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'malformed'; readonly reason: string }

/** What a value can prove, on its own. */
export interface Meaning {
  /** Name of the identifier, as evidence in the report: `aws-sandbox-root`, `boot-id`. */
  readonly key: string
  readonly scope: Scope
  readonly basis: Basis
  /** How often two instances with equal values are together at this scope, 0–1; 0: equal values prove nothing. */
  readonly confidence: number
  /** Two different values prove two different ones of these; absent: they prove nothing. */
  readonly separates?: 'sandbox' | 'vm' | 'host'
  /** Values are numbers, and equal within so much (in the value's unit). Absent: strings, compared whole. */
  readonly tolerance?: number
  /** Key that the value is made with: where that one does not count, this one does not either. */
  readonly madeWith?: string
}

/** One rule: text in, value out. Pure. */
export interface Extractor extends Meaning {
  /** When and where the rule holds, and its source. */
  readonly era: string
  /** Instances restored from one snapshot all show the same value. */
  readonly clonedBySnapshot: boolean
  /** Values pass to later instances (addresses): equal ones of different times prove nothing. */
  readonly passedOn: boolean
  /** @param facts - raw texts by key, as the agent collects them; of one instance */
  extract(facts: Readonly<Record<string, string>>): Extraction
}

/** What may be compared with each other: the values of one kind. One object for all instances, see `ObservedValues`. */
export interface Kind extends Meaning {
  /** Only values of one key and one realm are compared: provider, account and region; for values that pass on, the time too. */
  readonly realm: string
}

/** A value that held against all rules of validity, with what it means for this instance (a gVisor sandbox narrows `boot-id`, for example). */
export interface Observation {
  readonly kind: Kind
  readonly value: string
  /** The same for equal values of one kind, from 0: passes over all instances compare numbers, not texts. */
  readonly number: number
}

/** One instance: all samples with one nonce. */
export interface InstanceFacts {
  /** The nonce. */
  readonly instance: string
  readonly provider: string
  readonly account?: string
  readonly region?: string
  /** Declared truth, where the provider tells it. */
  readonly host?: string
  /** First and last sign of life, epoch milliseconds on the common clock. */
  readonly fromMs: number
  readonly toMs: number
  readonly invocations: number
  /** Raw texts. */
  readonly facts: Readonly<Record<string, string>>
}

/** What the facts of one instance are worth. */
export interface InstanceObservations {
  readonly instance: InstanceFacts
  readonly observations: readonly Observation[]
  readonly dropped: readonly DroppedValue[]
}

/** A value, or what should be one, that must not be used, and why. */
export interface DroppedValue {
  readonly key: string
  readonly code:
    | 'malformed'
    | 'known-constant'
    | 'shared-by-distinct'
    | 'snapshot-clone'
    | 'own-kernel'
    | 'gvisor'
    | 'simulated-host'
    | 'lifetimes-apart'
  readonly message: string
}
