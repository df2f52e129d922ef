import { readdirSync, readFileSync } from 'node:fs'
import type { DroppedValue, InstanceFacts, InstanceObservations, Scope } from '../../../src/analysis/colocation/observation.ts'

interface Header {
  readonly case: string
  readonly origin: string
  readonly date: string
}

type Texts = Readonly<Record<string, string | readonly string[]>>

/** Facts of one form, and what the rules are to find in them; every other rule finds nothing. */
export interface Shape extends Header {
  readonly name: string
  readonly facts: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, string>>
  readonly malformed?: readonly string[]
}

/** Instances that a careless rule would put together; `linked` names the pairs that do belong together, all others do not. */
export interface Trap extends Header {
  readonly name: string
  readonly instances: readonly InstanceFacts[]
  readonly linked: Readonly<Partial<Record<Scope, readonly (readonly [string, string])[]>>>
  readonly dropped?: readonly (readonly [instance: string, key: string, code: DroppedValue['code']])[]
}

const FOLDER = new URL('../../../fixtures/colocation/', import.meta.url)

function read<T>(kind: 'shapes' | 'traps'): (T & { readonly name: string })[] {
  const folder = new URL(`${kind}/`, FOLDER)
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({ ...JSON.parse(readFileSync(new URL(file, folder), 'utf8')), name: file.replace('.json', '') }))
}

/** Texts of several lines are lists of lines in the files. */
const joined = (texts: Texts): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, typeof text === 'string' ? text : text.join('\n')]))

export const SHAPES: readonly Shape[] = read<Omit<Shape, 'facts'> & { readonly facts: Texts }>('shapes').map((shape) => ({
  ...shape,
  facts: joined(shape.facts),
}))

type RawTrap = Omit<Trap, 'instances'> & { readonly instances: readonly (Omit<InstanceFacts, 'facts'> & { readonly facts: Texts })[] }

export const TRAPS: readonly Trap[] = read<RawTrap>('traps').map((trap) => ({
  ...trap,
  instances: trap.instances.map((instance) => ({ ...instance, invocations: 1, facts: joined(instance.facts) })),
}))

/** Pairs of instances with an equal value that may link, by the scope that it links them at; each pair once, in order. */
export function linkedPairs(all: readonly InstanceObservations[]): Record<string, string[]> {
  const pairs: Record<string, Set<string>> = {}
  const holders = new Map<string, string[]>()
  for (const { instance, observations } of all) {
    for (const { kind, value } of observations) {
      const { key, scope, realm, confidence } = kind
      if (confidence === 0) continue
      const name = `${key} ${scope} ${realm} ${value}`
      const others = holders.get(name) ?? []
      for (const other of others) {
        pairs[scope] ??= new Set()
        pairs[scope].add([other, instance.instance].sort().join(' '))
      }
      holders.set(name, [...others, instance.instance])
    }
  }
  return Object.fromEntries(Object.entries(pairs).map(([scope, set]) => [scope, [...set].sort()]))
}
