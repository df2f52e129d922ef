import type { Extraction, Extractor } from '../observation.ts'

export type Facts = Readonly<Record<string, string>>

export const ABSENT: Extraction = { kind: 'absent' }
export const found = (value: string): Extraction => ({ kind: 'value', value })
/** Something is where the value should be, but it is no value. The text itself is not repeated. */
export const malformed = (reason: string): Extraction => ({ kind: 'malformed', reason })

/** A rule whose values are neither cloned nor passed on, unless it says so. */
export const rule = (
  parts: Omit<Extractor, 'clonedBySnapshot' | 'passedOn'> & Partial<Pick<Extractor, 'clonedBySnapshot' | 'passedOn'>>,
): Extractor => ({ clonedBySnapshot: false, passedOn: false, ...parts })

/** The whole fact, where it has this form; its first group, where there is one. */
export function wholeFact(facts: Facts, key: string, form: RegExp, expected: string): Extraction {
  const text = facts[key]?.trim()
  if (text === undefined || text === '') return ABSENT
  const match = form.exec(text)
  return match === null ? malformed(`${key} is not ${expected}`) : found(match[1] ?? match[0])
}

/** All values that were found, which must be one and the same. */
export function onlyOne(values: readonly string[], what: string): Extraction {
  const different = [...new Set(values)]
  if (different.length > 1) return malformed(`${different.length} different ${what}`)
  return different[0] === undefined ? ABSENT : found(different[0])
}

/** A value made lower case: where writers differ in it. */
export const lowerCase = (extraction: Extraction): Extraction =>
  extraction.kind === 'value' ? found(extraction.value.toLowerCase()) : extraction
export const upperCase = (extraction: Extraction): Extraction =>
  extraction.kind === 'value' ? found(extraction.value.toUpperCase()) : extraction
