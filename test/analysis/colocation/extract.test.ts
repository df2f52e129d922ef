import { describe, expect, test } from 'vitest'
import { EXTRACTORS } from '../../../src/analysis/colocation/extract/registry.ts'
import { SHAPES } from './fixtures.ts'

test.each(SHAPES)('$name: $case', ({ facts, values, malformed = [], origin, date }) => {
  const extractions = EXTRACTORS.map(({ key, extract }) => [key, extract(facts)] as const)
  const valued = extractions.flatMap(([key, extraction]) => (extraction.kind === 'value' ? [[key, extraction.value]] : []))
  expect(Object.fromEntries(valued)).toEqual(values)
  expect(extractions.filter(([, { kind }]) => kind === 'malformed').map(([key]) => key)).toEqual(expect.arrayContaining([...malformed]))
  expect(extractions.filter(([, { kind }]) => kind === 'malformed')).toHaveLength(malformed.length)
  expect(origin.length).toBeGreaterThan(10)
  expect(date).toMatch(/^\d{4}-\d{2}-\d{2}$/)
})

describe('the rules', () => {
  test('have keys of their own, an era, and a confidence that fits what they can prove', () => {
    expect(new Set(EXTRACTORS.map(({ key }) => key)).size).toBe(EXTRACTORS.length)
    for (const { key, scope, confidence, era, tolerance, separates } of EXTRACTORS) {
      expect(era.length, key).toBeGreaterThan(10)
      expect(confidence, key).toBeLessThanOrEqual(1)
      if (scope === 'stratum') expect(confidence, key).toBe(0)
      if (tolerance !== undefined) expect(separates, key).toBeDefined()
    }
  })

  test('have each a fixture with a value', () => {
    const shown = new Set(SHAPES.flatMap(({ values }) => Object.keys(values)))
    expect(EXTRACTORS.map(({ key }) => key).filter((key) => !shown.has(key))).toEqual([])
  })

  test('find nothing once the texts that they read are others', () => {
    for (const { facts, values, name } of SHAPES) {
      for (const { key, extract } of EXTRACTORS.filter(({ key }) => key in values)) {
        const read = factsRead(extract, facts)
        expect(read.length, `${name} ${key}`).toBeGreaterThan(0)
        const others = Object.fromEntries(Object.entries(facts).filter(([fact]) => !read.includes(fact)))
        expect(extract(others), `${name} ${key}`).toEqual({ kind: 'absent' })
        const garbled = Object.fromEntries(read.map((fact) => [fact, 'nothing of the kind\n']))
        expect(extract({ ...others, ...garbled }).kind, `${name} ${key}`).not.toBe('value')
      }
    }
  })
})

/** Facts that are there, and that a rule looks at; also those that it looks at only for want of others. */
function factsRead(extract: (facts: Readonly<Record<string, string>>) => unknown, facts: Readonly<Record<string, string>>): string[] {
  const read = new Set<string>()
  const watched = new Proxy(facts, {
    get(all, name: string) {
      read.add(name)
      return all[name]
    },
  })
  extract(watched)
  const found = [...read].filter((name) => name in facts)
  const others = Object.fromEntries(Object.entries(facts).filter(([name]) => !found.includes(name)))
  return found.length === 0 ? [] : [...found, ...factsRead(extract, others)]
}
