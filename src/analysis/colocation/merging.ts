import { contestedNodes } from './contested.ts'
import type { Evidence, Link, Separator } from './evidence.ts'
import { LEVELS, type Level, logOdds, probabilityOf } from './level.ts'
import type { Group } from './partition.ts'

/** A clock that was set makes two starts of one: about one soft proof in 20 is wrong. */
const SOFT_PROOF = logOdds(0.95)

const NONE = -1
/** In place of values that were found to differ, and did not count. Below 0, as is "none". */
const OUTWEIGHED = -2

/** Instances that links have put together. */
interface Component {
  readonly label: number
  readonly members: number[]
  readonly evidence: Set<string>
  readonly conflicts: Set<string>
  confidence: number
}

/** Components that grow as links are applied. */
export class Merging {
  readonly undecided: Set<number> = new Set()
  readonly #evidence: Evidence
  readonly #minimum: number
  /** Label → component, where it has two members or more; a label is the number of one of them. */
  readonly #components = new Map<number, Component>()
  readonly #labels: Int32Array
  /** Label → widest level at which it joins nobody. */
  readonly #withheld = new Map<number, number>()
  /** By separator: the value of each label. */
  readonly #apart: readonly Int32Array[]

  constructor(evidence: Evidence, minimumConfidence: number) {
    this.#evidence = evidence
    this.#minimum = minimumConfidence
    this.#labels = Int32Array.from({ length: evidence.instances }, (_, index) => index)
    this.#apart = evidence.separators.map(({ values }) => values.slice())
  }

  level(level: Level, width: number): { readonly groups: readonly Group[]; readonly labels: Int32Array } {
    const links = this.#evidence.links.filter(({ scope }) => scope === level)
    const strongestFirst = links.sort(
      (a, b) => b.confidence - a.confidence || (a.name < b.name ? -1 : a.name > b.name ? 1 : (a.members[0] ?? 0) - (b.members[0] ?? 0)),
    )
    for (const batch of this.#ofEqualStrength(strongestFirst)) {
      this.#withholdContested(batch, width)
      for (const link of batch) this.#apply(link, width)
    }
    const groups = [...this.#components.values()]
    return { groups: groups.map((component) => published(component, level)).sort(byFirst), labels: this.#labels.slice() }
  }

  apart(): readonly Int32Array[] {
    return this.#apart.filter((_, number) => this.#separator(number).width >= LEVELS.length - 1)
  }

  /** Runs of links of which none beats another: the odds between the first and the last are below those of the least certainty. */
  #ofEqualStrength(strongestFirst: readonly Link[]): Link[][] {
    const margin = Math.max(0, logOdds(this.#minimum))
    const batches: Link[][] = []
    let least = Number.POSITIVE_INFINITY
    for (const link of strongestFirst) {
      const strength = logOdds(link.confidence)
      const batch = batches.at(-1)
      if (batch !== undefined && strength >= least) batch.push(link)
      else {
        batches.push([link])
        least = strength - margin
      }
    }
    return batches
  }

  /** Whoever equal links pull to two places that are apart is in neither: alone, as far as what keeps the places apart reaches. */
  #withholdContested(batch: readonly Link[], width: number): void {
    const groups = batch.map((link) => this.#labelsOf(link, width)).filter((labels) => labels.length > 1)
    for (const [number, separator] of this.#evidence.separators.entries()) {
      if (separator.soft || separator.width < width) continue
      for (const label of contestedNodes(groups, (node) => this.#valueOf(number, node))) {
        this.#withheld.set(label, Math.max(separator.width, this.#withheld.get(label) ?? 0))
        for (const member of this.#components.get(label)?.members ?? [label]) this.undecided.add(member)
      }
    }
  }

  #labelsOf({ members }: Link, width: number): number[] {
    const labels = [...new Set(members.map((member) => this.#labels[member] ?? member))]
    return this.#withheld.size === 0 ? labels : labels.filter((label) => (this.#withheld.get(label) ?? NONE) < width)
  }

  #apply(link: Link, width: number): void {
    const labels = this.#labelsOf(link, width)
    const disputed = this.#disputed(labels, width)
    const hard = disputed.filter((number) => !this.#separator(number).soft)
    const against = disputed.length - hard.length
    const confidence = against === 0 ? link.confidence : probabilityOf(logOdds(Math.min(link.confidence, 1 - 1e-9)) - against * SOFT_PROOF)
    const outweighed = confidence >= this.#minimum
    const decisive = outweighed ? hard : disputed
    const conflicts = disputed.map((number) => `${this.#separator(number).key} differs, ${link.name} does not`)
    const parts = decisive.length === 0 ? [labels] : this.#split(labels, decisive)
    for (const part of parts) this.#merge(part, { ...link, confidence: outweighed ? confidence : link.confidence }, conflicts, width)
  }

  /** Separators of which these have different values; ascending. */
  #disputed(labels: readonly number[], width: number): number[] {
    if (labels.length < 2) return []
    return [...this.#apart.keys()].filter((number) => {
      if (this.#separator(number).width < width) return false
      let first = -1
      for (const label of labels) {
        const value = this.#valueOf(number, label)
        if (value < 0 || value === first) continue
        if (first >= 0) return true
        first = value
      }
      return false
    })
  }

  /** By their values; whoever lacks one could be in several of the parts, and stays alone. */
  #split(labels: readonly number[], disputed: readonly number[]): number[][] {
    const parts = new Map<string, number[]>()
    for (const label of labels) {
      const values = disputed.map((number) => this.#valueOf(number, label))
      if (values.some((value) => value < 0)) {
        for (const member of this.#components.get(label)?.members ?? [label]) this.undecided.add(member)
        continue
      }
      const name = values.join()
      const part = parts.get(name) ?? []
      if (part.push(label) === 1) parts.set(name, part)
    }
    return [...parts.values()]
  }

  #merge(labels: readonly number[], link: Link, conflicts: readonly string[], width: number): void {
    const [first] = labels
    if (first === undefined || (labels.length === 1 && !this.#components.has(first))) return
    const sizeOf = (label: number): number => this.#components.get(label)?.members.length ?? 1
    const largest = labels.reduce((most, label) => (sizeOf(most) >= sizeOf(label) ? most : label))
    const into = this.#componentOf(largest)
    into.evidence.add(link.name)
    for (const conflict of conflicts) into.conflicts.add(conflict)
    if (labels.length > 1) into.confidence = Math.min(into.confidence, link.confidence)
    for (const label of labels) if (label !== largest) this.#absorb(into, label, width)
  }

  #componentOf(label: number): Component {
    const known = this.#components.get(label)
    if (known !== undefined) return known
    const made = { label, members: [label], evidence: new Set<string>(), conflicts: new Set<string>(), confidence: 1 }
    this.#components.set(label, made)
    return made
  }

  #absorb(into: Component, label: number, width: number): void {
    const part = this.#components.get(label)
    this.#components.delete(label)
    for (const member of part?.members ?? [label]) {
      into.members.push(member)
      this.#labels[member] = into.label
    }
    for (const name of part?.evidence ?? []) into.evidence.add(name)
    for (const conflict of part?.conflicts ?? []) into.conflicts.add(conflict)
    into.confidence = Math.min(into.confidence, part?.confidence ?? 1)
    for (const [number, values] of this.#apart.entries()) {
      const [own, other] = [this.#valueOf(number, into.label), this.#valueOf(number, label)]
      if (own === NONE) values[into.label] = other
      // Soft and outweighed, or of a closer level: it keeps nothing apart any more.
      else if (other !== NONE && own !== other && this.#separator(number).width >= width) values[into.label] = OUTWEIGHED
    }
  }

  #valueOf(separator: number, label: number): number {
    return this.#apart[separator]?.[label] ?? NONE
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
