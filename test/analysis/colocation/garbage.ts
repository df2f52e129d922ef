import type { Random } from '../../../src/analysis/seeded-random.ts'

type Facts = Readonly<Record<string, string>>

const ALPHABETS = [
  '0123456789abcdef',
  '0123456789abcdef-:/',
  ' !"#$%&()*+,./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~\n\t',
  '/:-_.\n0',
  '\0\u00e4\u20ac\ud83d\ude00\u2028\ufeff\r\n a0:/',
].map((letters) => [...letters])

const below = (random: Random, most: number): number => Math.floor(random() * most)
const pick = <T>(random: Random, items: readonly T[]): T => items[below(random, items.length)] as T

/** Text of no form at all. */
export function noise(random: Random): string {
  const letters = pick(random, ALPHABETS)
  return Array.from({ length: below(random, 200) }, () => pick(random, letters)).join('')
}

const CLASSES = ['0123456789', 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEF', 'GHIJKLMNOPQRSTUVWXYZ']

/** Every word with a digit in it becomes another of its form, the same in all facts: ids of an instance that nobody has seen. */
export function refreshed(facts: Facts, random: Random): Facts {
  const words = new Map<string, string>()
  const renew = (word: string): string => {
    const known = words.get(word)
    if (known !== undefined) return known
    const other = word.replace(/[0-9A-Za-z]/g, (letter) =>
      pick(random, [...(CLASSES.find((letters) => letters.includes(letter)) ?? letter)]),
    )
    words.set(word, other)
    return other
  }
  return mapped(facts, (text) => text.replace(/[0-9A-Za-z]*\d[0-9A-Za-z]*/g, renew))
}

/** The pieces of texts, in any order and number, with ids of their own. */
export function soup(facts: Facts, random: Random): Facts {
  const fresh = refreshed(facts, random)
  const pieces = Object.values(fresh).flatMap((text) => text.match(/[0-9A-Za-z]+|[^0-9A-Za-z]/g) ?? [])
  if (pieces.length === 0) return fresh
  return mapped(fresh, () => Array.from({ length: below(random, 40) }, () => pick(random, pieces)).join(''))
}

/** Up to five letters lost, put in, exchanged, or a stretch of text doubled or cut off. */
export function damaged(facts: Facts, random: Random): Facts {
  return mapped(refreshed(facts, random), (text) => {
    let rest = text
    for (let times = 1 + below(random, 5); times > 0; times--) {
      const at = below(random, rest.length + 1)
      const to = at + below(random, 1 + rest.length - at)
      const letter = pick(random, pick(random, ALPHABETS))
      rest = pick(random, [
        rest.slice(0, at) + rest.slice(at + 1),
        rest.slice(0, at) + letter + rest.slice(at),
        rest.slice(0, at) + letter + rest.slice(at + 1),
        rest.slice(0, to) + rest.slice(at),
        rest.slice(0, at),
      ])
    }
    return rest.slice(0, 4096)
  })
}

export const mapped = (facts: Facts, change: (text: string) => string): Facts =>
  Object.fromEntries(Object.entries(facts).map(([key, text]) => [key, change(text)]))
