import { expect, test } from 'vitest'
import { defineProbe, type ProbeDefinition } from '../../src/probes/define-probe.ts'
import { findProbeCode } from '../../src/probes/find-probe-code.ts'

interface Params {
  readonly count: number
  readonly host: string
}

const definition: ProbeDefinition<Params, undefined> = {
  name: 'dns-lookup',
  version: '1.2.0',
  params: { count: { type: 'integer', minimum: 1, default: 3, description: 'Lookups, 1 or more; default 3.' }, host: { type: 'string' } },
  module: import.meta.url,
  expectedMs: ({ count }) => count * 10,
  run: async ({ capabilities }) => [{ direction: 'download', startedAtMs: capabilities.now(), endedAtMs: capabilities.now() }],
}

test('a factory fills in defaults and carries the code', () => {
  const dnsLookup = defineProbe(definition)
  expect(dnsLookup({ host: 'a.example' })).toEqual({
    name: 'dns-lookup',
    version: '1.2.0',
    params: { count: 3, host: 'a.example' },
    module: import.meta.url,
    expectedMs: 30,
    withParams: expect.any(Function),
  })
  expect(dnsLookup.code).toMatchObject({ name: 'dns-lookup', version: '1.2.0', run: definition.run })
  expect(defineProbe({ ...definition, expectedMs: 7 })({ host: 'x' }).expectedMs).toBe(7)
})

test('parameters that cannot be used are refused, with what is allowed', () => {
  const dnsLookup = defineProbe(definition)
  const refusals: readonly [object, string, RegExp][] = [
    [{ host: 'x', count: 0 }, 'INVALID_OPTION', /dns-lookup\(\): "count" must be >= 1, got 0/],
    [{ host: 'x', coumt: 1 }, 'UNKNOWN_OPTION', /unknown key "coumt"/],
    [{}, 'MISSING_OPTION', /"host" is missing/],
  ]
  for (const [params, code, message] of refusals) {
    expect(() => dnsLookup(params)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }))
  }
})

test.each([
  [{ name: 'DNS lookup' }, /"name" must be kebab-case, got "DNS lookup"/],
  [{ version: '1' }, /"version" must be a semantic version, got "1"/],
  [{ module: 'https://a.example/probe.js' }, /"module" must be a file: URL/],
  [{ module: undefined }, /"module" must be a file: URL, got nothing/],
  [{ params: undefined }, /"params" must be/],
  [{ run: undefined }, /"run" must be a function/],
])('a definition with %o is refused', (change, message) => {
  const wrong = { ...definition, ...change } as typeof definition
  expect(() => defineProbe(wrong)).toThrow(expect.objectContaining({ code: 'INVALID_PROBE', message: expect.stringMatching(message) }))
})

test('the code is found among the exports of a module, under any name', () => {
  const exports = { other: 1, nothing: undefined, plain: () => {}, lookup: defineProbe(definition), default: null }
  expect(findProbeCode(exports, 'dns-lookup')?.version).toBe('1.2.0')
  expect(findProbeCode(exports, 'dns-lookup', '1.2.0')).toBeDefined()
  expect(findProbeCode(exports, 'dns-lookup', '1.2.1')).toBeUndefined()
  expect(findProbeCode(exports, 'lookup')).toBeUndefined()
})
