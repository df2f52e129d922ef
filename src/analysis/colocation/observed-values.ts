import type { Kind, Meaning, Observation } from './observation.ts'

interface Known {
  readonly kind: Kind
  readonly numbers: Map<string, number>
}

/** Makes the observations of many instances: one object for one kind, one number for one value of it. */
export class ObservedValues {
  readonly #known = new Map<Meaning, Map<string, Known>>()
  readonly #copied = new Map<string, Set<string>>()

  /** @param meaning - one object a rule: it is told apart by identity */
  observe(meaning: Meaning, realm: string, value: string): Observation {
    const { kind, numbers } = this.#kindOf(meaning, realm)
    const known = numbers.get(value)
    const number = known ?? numbers.size
    if (known === undefined) numbers.set(value, number)
    return { kind, value, number }
  }

  /** Notes that some instance has a value that may be a copy. */
  copied(key: string, value: string): void {
    const values = this.#copied.get(key)
    if (values === undefined) this.#copied.set(key, new Set([value]))
    else values.add(value)
  }

  get hasCopies(): boolean {
    return this.#copied.size > 0
  }

  isCopied(key: string, value: string): boolean {
    return this.#copied.get(key)?.has(value) ?? false
  }

  #kindOf(meaning: Meaning, realm: string): Known {
    let byRealm = this.#known.get(meaning)
    if (byRealm === undefined) {
      byRealm = new Map()
      this.#known.set(meaning, byRealm)
    }
    let known = byRealm.get(realm)
    if (known === undefined) {
      known = { kind: { ...meaning, realm }, numbers: new Map() }
      byRealm.set(realm, known)
    }
    return known
  }
}
