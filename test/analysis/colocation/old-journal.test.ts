import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { collectFacts } from '../../../src/agent/identity-facts.ts'
import { found, rule } from '../../../src/analysis/colocation/extract/extraction.ts'
import { EXTRACTORS } from '../../../src/analysis/colocation/extract/registry.ts'
import { instancesOf } from '../../../src/analysis/colocation/instances.ts'
import { loadJournal } from '../../../src/journal/reader.ts'
import { openJournal } from '../../../src/journal/writer.ts'
import { syntheticJournal } from '../../../src/testing/index.ts'
import { SHAPES } from './fixtures.ts'

test('texts come out of a journal as they went in, and a rule found later reads them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'netfair-old-'))
  try {
    const path = join(folder, 'journal.ndjson')
    const { experiment, rounds, samples } = syntheticJournal({ concurrency: [1], rounds: 1 })
    const [round, sample] = [rounds[0], samples[0]]
    if (round === undefined || sample === undefined) throw new Error('no round')
    const texts = [collectFacts(), ...SHAPES.map(({ facts }) => facts)]
    const journal = await openJournal(path, { mode: 'create' })
    await journal.append({ ...experiment, provider: { name: 'aws', region: 'eu-central-1' } })
    for (const [invocation, facts] of texts.entries())
      await journal.append({ ...sample, invocation, instance: `nonce-${String(invocation).padStart(3, '0')}`, facts })
    await journal.append({ ...round, concurrency: texts.length })
    await journal.close()

    const instances = instancesOf(await loadJournal(path))
    expect(instances.map(({ facts }) => facts)).toEqual(texts)
    // Nobody reads the namespace of users today.
    const later = rule({
      key: 'user-namespace',
      scope: 'sandbox',
      basis: 'identifier',
      confidence: 0.5,
      era: 'a test',
      extract: (facts) => found(facts['proc/self/ns/user'] ?? ''),
    })
    expect(EXTRACTORS.map(({ key }) => key)).not.toContain(later.key)
    expect(later.extract(instances[0]?.facts ?? {})).toEqual({ kind: 'value', value: expect.stringMatching(/^user:\[\d+\]$/) })
    // Rules of today give the same from the file as from the machine.
    for (const [index, facts] of texts.entries())
      for (const { extract } of EXTRACTORS) expect(extract(instances[index]?.facts ?? {})).toEqual(extract(facts))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
