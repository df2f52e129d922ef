import type { Kind, Meaning } from './observation.ts'

/** Gives one and the same object for one meaning in one realm, so that values are compared where their kinds are the same. */
export class Kinds {
  readonly #known = new Map<Meaning, Map<string, Kind>>()

  /** @param meaning - one object a rule: it is told apart by identity */
  of(meaning: Meaning, realm: string): Kind {
    const byRealm = this.#known.get(meaning) ?? new Map<string, Kind>()
    const known = byRealm.get(realm)
    if (known !== undefined) return known
    const made = { ...meaning, realm }
    this.#known.set(meaning, byRealm.set(realm, made))
    return made
  }
}
