import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { analyzeJournal } from '../../src/analysis/analyze-journal.ts'
import type { ContentionEvidence } from '../../src/analysis/colocation/placement.ts'
import { loadJournal } from '../../src/journal/reader.ts'
import type { Journal } from '../../src/model/journal.ts'
import type { Report } from '../../src/model/report.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { analyze } from '../../src/run/analyze.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'
import { contending } from './contending-provider.ts'

// Who contends for the network was put on one host because of it: that must not prove that functions of one host contend.

let folder: string
let path: string
let journal: Journal
const fast = { resamples: 20, fairnessResamples: 20 }
const experiment = (named = 'nonce') => {
  // All on one host, whose uplink they share; nobody tells so but the tests.
  const bed = contending({
    hosts: Array(8).fill('host-0'),
    named,
    billedAs: { name: 'aws', region: 'eu-central-1' },
    rate: (concurrency) => 100e6 / concurrency,
    factsOf: () => ({ 'process/arch': 'x64' }),
  })
  return defineExperiment({
    provider: bed.provider,
    target: bed.target,
    probe: iperf3({ seconds: 1 }),
    memoryMb: [1024],
    concurrency: [1, 2, 4, 8],
    repetitions: 4,
    colocation: { verify: 'contention' },
  })
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netfair-circular-'))
  path = join(folder, 'journal.ndjson')
  journal = await run(experiment(), { journal: path })
})
afterAll(() => rmSync(folder, { recursive: true }))

function expectNoProof({ sharing, colocation }: Report): void {
  expect(sharing).toMatchObject([
    { verdict: 'shared', counted: 'concurrent', reasons: [{ code: 'no-placement', message: expect.stringContaining('must not prove') }] },
  ])
  for (const { evidence } of colocation?.groups.filter(({ level }) => level === 'same-host') ?? [])
    expect(evidence).toContain('contention:network')
}
const groupsOf = ({ colocation }: Report) => colocation?.groups.filter(({ level }) => level === 'same-host') ?? []

test('all eight are on one host, by contention; of their sharing that says nothing', async () => {
  const report = await analyze(journal, fast)
  expect(groupsOf(report)).toMatchObject([{ evidence: ['contention:network'], instances: { length: 8 } }])
  expect(report.colocation?.landed.at(-1)).toMatchObject({ concurrency: 8, together: { median: 8 } })
  expectNoProof(report)
})

test('not when it is analyzed again, from the file, or with the least demands on links', async () => {
  const first = await analyze(path, fast)
  expect(await analyze(await loadJournal(path), fast)).toEqual(first)
  expectNoProof(await analyze(path, { ...fast, firm: 0.01, likely: 0.01 }))
})

test('not when the groups of a report are handed in as evidence, whatever their channel is called', async () => {
  const saved = JSON.parse(JSON.stringify(groupsOf(await analyze(path, fast)))) as { instances: string[]; confidence: number }[]
  const names = [
    'network',
    'Network',
    'NETWORK',
    ' network',
    'net',
    'uplink',
    'egress',
    'contention:network',
    '',
    'memory, network',
    'constructor',
  ]
  for (const channel of names) {
    const evidence: ContentionEvidence = { channel, groups: saved.map((group) => ({ ...group, confidence: 1 })), undecided: [] }
    expectNoProof({ ...analyzeJournal(journal, fast, [evidence]), colocation: null })
  }
  // By the memory bus it would be proof.
  const other = analyzeJournal(journal, fast, [{ channel: 'memory', groups: saved, undecided: [] }])
  expect(other.sharing).toMatchObject([{ counted: 'same-host', reasons: [] }])
})

test('not when a run is resumed, nor when two sessions agree', async () => {
  const copy = join(folder, 'copy.ndjson')
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const cut = lines.findIndex((line) => line.includes('"id":"contention-2-r0"'))
  writeFileSync(copy, `${lines.slice(0, cut).join('\n')}\n`)
  const report = await analyze(await run(experiment('later'), { journal: copy, resume: true }), fast)
  expect(report.colocation?.contention).toHaveLength(2)
  expect(report.sharing).toMatchObject([{ counted: 'concurrent', reasons: [{ code: 'no-placement' }] }])
})

test('not together with a sign that is too weak by itself', async () => {
  const weak = journal.samples.map((sample) => ({
    ...sample,
    facts: {
      ...sample.facts,
      'net/eth0': '02:5e:00:11:22:33 10.0.0.7/24',
      'proc/cpuinfo': 'vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nstepping\t: 7',
      dmesg: 'tsc: Detected 2199.998 MHz processor',
    },
  }))
  expectNoProof(await analyze({ ...journal, samples: weak }, fast))
})
