import type { Evidence, Link, Separator } from './evidence.ts'
import { LEVELS, type Level, logOdds, probabilityOf } from './level.ts'
import type { Group } from './partition.ts'

/** A clock that was set makes two starts of one: about one soft proof in 20 is wrong. */
const SOFT_PROOF = logOdds(0.95)

/** In place of values that were found to differ, and did not count. */
const OUTWEIGHED = '\u0000'

interface Component {
  readonly members: number[]
  readonly evidence: Set<string>
  readonly conflicts: Set<string>
  readonly apart: Map<number, string>
  confidence: number
}

/** Components that grow as links are applied. */
export class Merging {
  readonly undecided: Set<number> = new Set()
  readonly #evidence: Evidence
  readonly #minimum: number
  /** Label → component; a label is the number of one of its members. */
  readonly #components: Map<number, Component>
  readonly #labels: Int32Array

  constructor(evidence: Evidence, minimumConfidence: number) {
    this.#evidence = evidence
    this.#minimum = minimumConfidence
    this.#labels = Int32Array.from({ length: evidence.instances }, (_, index) => index)
    this.#components = new Map(
      evidence.apart.map((apart, index) => [
        index,
        { members: [index], evidence: new Set(), conflicts: new Set(), apart: new Map(apart), confidence: 1 },
      ]),
    )
  }

  level(level: Level, width: number): { readonly groups: readonly Group[]; readonly labels: Int32Array } {
    const links = this.#evidence.links.filter(({ scope }) => scope === level)
    const strongestFirst = links.sort(
      (a, b) => b.confidence - a.confidence || (a.name < b.name ? -1 : a.name > b.name ? 1 : (a.members[0] ?? 0) - (b.members[0] ?? 0)),
    )
    for (const link of strongestFirst) this.#apply(link, width)
    const groups = [...this.#components.values()].filter(({ members }) => members.length > 1)
    return { groups: groups.map((component) => published(component, level)).sort(byFirst), labels: Int32Array.from(this.#labels) }
  }

  apart(): Map<number, ReadonlyMap<number, string>> {
    return new Map([...this.#components].map(([label, { apart }]) => [label, this.#within(apart, LEVELS.length - 1)]))
  }

  #apply(link: Link, width: number): void {
    const labels = [...new Set(link.members.map((member) => this.#labels[member] ?? member))]
    const components = labels.map((label) => this.#components.get(label)).filter((component) => component !== undefined)
    const disputed = this.#disputed(components, width)
    const hard = disputed.filter((number) => !this.#separator(number).soft)
    const against = disputed.length - hard.length
    const confidence = against === 0 ? link.confidence : probabilityOf(logOdds(Math.min(link.confidence, 1 - 1e-9)) - against * SOFT_PROOF)
    const outweighed = confidence >= this.#minimum
    const decisive = outweighed ? hard : disputed
    const conflicts = disputed.map((number) => `${this.#separator(number).key} differs, ${link.name} does not`)
    const parts = decisive.length === 0 ? [components] : this.#split(components, decisive)
    for (const part of parts) this.#merge(part, { ...link, confidence: outweighed ? confidence : link.confidence }, conflicts, width)
  }

  /** Separators of which these have different values. */
  #disputed(components: readonly Component[], width: number): number[] {
    if (components.length < 2) return []
    const first = new Map<number, string>()
    const disputed = new Set<number>()
    for (const { apart } of components) {
      for (const [number, value] of apart) {
        if (value === OUTWEIGHED || this.#separator(number).width < width) continue
        const known = first.get(number)
        if (known === undefined) first.set(number, value)
        else if (known !== value) disputed.add(number)
      }
    }
    return [...disputed].sort((a, b) => a - b)
  }

  /** By their values; whoever lacks one could be in several of the parts, and stays alone. */
  #split(components: readonly Component[], disputed: readonly number[]): Component[][] {
    const parts = new Map<string, Component[]>()
    for (const component of components) {
      const values = disputed.map((number) => component.apart.get(number))
      if (values.includes(undefined) || values.includes(OUTWEIGHED)) {
        for (const member of component.members) this.undecided.add(member)
        continue
      }
      const name = JSON.stringify(values)
      const part = parts.get(name) ?? []
      if (part.push(component) === 1) parts.set(name, part)
    }
    return [...parts.values()]
  }

  #merge(parts: readonly Component[], link: Link, conflicts: readonly string[], width: number): void {
    const largest = parts.reduce<Component | undefined>(
      (most, one) => (most && most.members.length >= one.members.length ? most : one),
      undefined,
    )
    const label = this.#labels[largest?.members[0] ?? -1]
    if (largest === undefined || label === undefined || (parts.length === 1 && largest.members.length === 1)) return
    largest.evidence.add(link.name)
    for (const conflict of conflicts) largest.conflicts.add(conflict)
    if (parts.length > 1) largest.confidence = parts.reduce((least, { confidence }) => Math.min(least, confidence), link.confidence)
    for (const part of parts) if (part !== largest) this.#absorb(largest, label, part, width)
  }

  #absorb(into: Component, label: number, part: Component, width: number): void {
    this.#components.delete(this.#labels[part.members[0] ?? -1] ?? -1)
    for (const member of part.members) {
      into.members.push(member)
      this.#labels[member] = label
    }
    for (const name of part.evidence) into.evidence.add(name)
    for (const conflict of part.conflicts) into.conflicts.add(conflict)
    for (const [number, value] of part.apart) {
      const own = into.apart.get(number)
      if (own === undefined) into.apart.set(number, value)
      // Soft and outweighed, or of a closer level: it keeps nothing apart any more.
      else if (own !== value && this.#separator(number).width >= width) into.apart.set(number, OUTWEIGHED)
    }
  }

  #within(apart: ReadonlyMap<number, string>, width: number): Map<number, string> {
    return new Map([...apart].filter(([number, value]) => this.#separator(number).width >= width && value !== OUTWEIGHED))
  }

  #separator(number: number): Separator {
    const separator = this.#evidence.separators[number]
    if (separator === undefined) throw new Error(`separator ${number}`)
    return separator
  }
}

function published({ members, evidence, confidence, conflicts }: Component, level: Level): Group {
  const ascending = Int32Array.from(members).sort()
  return { level, members: [...ascending], evidence: [...evidence].sort(), confidence, conflicts: [...conflicts].sort() }
}

const byFirst = (a: Group, b: Group): number => (a.members[0] ?? 0) - (b.members[0] ?? 0)
