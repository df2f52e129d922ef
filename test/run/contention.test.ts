import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { markOf } from '../../src/analysis/colocation/contention-round.ts'
import { analyze } from '../../src/run/analyze.ts'
import type { RunEvent } from '../../src/run/event.ts'
import { run } from '../../src/run/run.ts'
import { type Contending, contending, type Fault } from './contending-provider.ts'
import { colocationOf, hostsOf, spread, tests, verified } from './verified-experiment.ts'

let folder: string
let journal: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netfair-contention-'))
  journal = join(folder, 'journal.ndjson')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('leaders, one after the other, until every place is clear', async () => {
  const bed = contending({ hosts: spread(8, 2) })
  const events: RunEvent[] = []
  const measured = await run(verified(bed), { journal, onProgress: (event) => events.push(event) })
  const finding = await colocationOf(measured)
  expect(hostsOf(bed, finding)).toEqual(['host-0', 'host-1'])
  expect(finding.pairs).toEqual({ sameSandbox: 0, sameVm: 0, sameHost: 12, differentHost: 0, unknown: 16 })
  const [silence, ...others] = tests(measured)
  expect(silence).toBe('silent 0')
  expect(new Set(others)).toEqual(new Set(['leader 1']))
  expect(finding.contention).toEqual([{ channel: 'network', rounds: others.length + 1, tests: others.length, discarded: [] }])
  expect(events.filter(({ kind }) => kind === 'contention')[1]).toEqual({
    kind: 'contention',
    test: 2,
    tests: 60,
    senders: 1,
    functions: 8,
  })
  // The experiment's own rounds, and nothing else, are in its cells.
  const { cells } = await analyze(measured, { resamples: 20, fairnessResamples: 20 })
  expect(cells.map(({ concurrency, rounds, factors }) => ({ concurrency, rounds, factors }))).toEqual([
    { concurrency: 8, rounds: 1, factors: {} },
  ])
})

describe('what facts prove and suggest', () => {
  const processor = (model: number) =>
    `vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: ${model}\nmodel name\t: Xeon ${model}\nstepping\t: 7`
  const lambda = { name: 'aws', region: 'eu-central-1' }

  test('strata: who is provably elsewhere is not asked', async () => {
    const bed = contending({
      hosts: spread(8, 4),
      billedAs: lambda,
      factsOf: (_, host) => ({ 'proc/cpuinfo': processor(host < 'host-2' ? 85 : 106) }),
    })
    const measured = await run(verified(bed), { journal })
    const finding = await colocationOf(measured)
    expect(hostsOf(bed, finding)).toEqual(['host-0', 'host-1', 'host-2', 'host-3'])
    expect(finding.pairs).toMatchObject({ sameHost: 4, differentHost: 16, unknown: 8 })
  })

  test('fingerprints that tell one host apart: a screen of leaders, then the suspects', async () => {
    const mhz = (slot: number, host: string): string => (host === 'host-1' ? '2299.991' : slot < 3 ? '2099.993' : '2199.998')
    const bed = contending({
      hosts: ['host-0', 'host-0', 'host-1', 'host-0', 'host-0', 'host-1'],
      billedAs: { name: 'gcp', region: 'us-central1' },
      factsOf: (slot, host) => ({ dmesg: `tsc: Detected ${mhz(slot, host)} MHz processor`, 'proc/cpuinfo': processor(85) }),
    })
    const measured = await run(verified(bed), { journal })
    const finding = await colocationOf(measured)
    expect(hostsOf(bed, finding)).toEqual(['host-0', 'host-1'])
    expect(finding.groups.map(({ instances }) => instances.length).sort()).toEqual([2, 4])
    const screens = tests(measured).filter((each) => each.startsWith('screen'))
    // Three leaders have two binary digits, and each digit its complement; who lost is asked again.
    expect(screens.length).toBeGreaterThanOrEqual(6)
    expect(new Set(screens)).toEqual(new Set(['screen 1', 'screen 2']))
  })
})

describe('what says nothing', () => {
  const faulty = (fault: (round: number, slot: number) => Fault | undefined, isolated = false) =>
    contending({ hosts: spread(6, 2), faultOf: fault, isolated })

  test.each<readonly [Fault, string]>([
    ['late', 'start-skew'],
    ['fails', 'concurrency'],
  ])('a function %s once: that round is run again, and the groups are the same', async (fault, code) => {
    const bed = faulty((round, slot) => (round === 2 && slot === 1 ? fault : undefined))
    const measured = await run(verified(bed), { journal })
    const finding = await colocationOf(measured)
    expect(hostsOf(bed, finding)).toEqual(['host-0', 'host-1'])
    expect(tests(measured).slice(0, 4)).toEqual(['silent 0', 'leader 1', expect.stringContaining(code), 'leader 1'])
    expect(finding.contention?.[0]?.discarded).toEqual([{ code, rounds: 1 }])
  })

  test.each<readonly [Fault, string]>([
    ['late', 'start-skew'],
    ['fails', 'concurrency'],
  ])('a function %s every time: three rounds, no more', async (fault, code) => {
    const never = faulty((_, slot) => (slot === 1 ? fault : undefined))
    const finding = await colocationOf(await run(verified(never), { journal }))
    expect(finding.contention).toEqual([
      { channel: 'network', rounds: 3, tests: 0, discarded: [{ code, rounds: 3 }], refused: 'no-silence' },
    ])
    expect(finding).toMatchObject({ groups: [], pairs: { sameHost: 0, differentHost: 0 } })

    const later = faulty((round, slot) => (round > 1 && slot === 1 ? fault : undefined))
    const partly = await colocationOf(await run(verified(later), { journal, overwrite: true }))
    expect(partly.contention).toEqual([{ channel: 'network', rounds: 5, tests: 1, discarded: [{ code, rounds: 3 }] }])
    for (const hosts of hostsOf(later, partly)) expect(hosts).not.toContain('and')
  })

  test('a function without CPU is with nobody, and the others find their place', async () => {
    const bed = faulty((_, slot) => (slot === 5 ? 'throttled' : undefined))
    const finding = await colocationOf(await run(verified(bed), { journal }))
    expect(finding.groups.flatMap(({ instances }) => instances)).not.toContain(bed.nonces[5])
    expect(finding.undecided).toEqual([bed.nonces[5]])
    for (const hosts of hostsOf(bed, finding)) expect(hosts).not.toContain('and')
    expect(finding.pairs.differentHost).toBe(0)
  })

  test('hosts that isolate: unknown, never apart', async () => {
    const finding = await colocationOf(await run(verified(faulty(() => undefined, true)), { journal }))
    expect(finding).toMatchObject({ groups: [], pairs: { sameHost: 0, differentHost: 0, unknown: 15 } })
    expect(finding.contention?.[0]?.tests).toBeGreaterThan(0)
  })

  test('a target that nobody watches and that listeners share with the sender', async () => {
    const bed = contending({ hosts: spread(4, 2), targets: 2 })
    const measured = await run(verified(bed), { journal })
    expect(tests(measured)).toEqual(['silent 0', ...Array(3).fill('leader 1 sink-unwatched')])
    expect(await colocationOf(measured)).toMatchObject({ groups: [], pairs: { unknown: 6 } })
  })
})

describe('instances that are replaced meanwhile', () => {
  test.each([1, 3, 4])('one that listens, of slot %i: what is known of the old one does not move to the new one', async (slot) => {
    const elsewhere = slot % 2 === 0 ? 'host-1' : 'host-0'
    const bed = contending({ hosts: spread(6, 2), beforeTest: (round, own) => round === 3 && own.replace(slot, elsewhere) })
    const measured = await run(verified(bed), { journal })
    const finding = await colocationOf(measured)
    // Old and new were on different hosts: a link of one by what the other one read would be seen.
    expect([...new Set(hostsOf(bed, finding))]).toEqual(['host-0', 'host-1'])
    expect(tests(measured).length).toBeLessThan(25)
    expect(finding.pairs.differentHost).toBe(0)
  })

  test('one that is to send: new tests of who is there now', async () => {
    // The first leader, as soon as it is known.
    const bed = contending({ hosts: spread(6, 2), beforeTest: (round, own) => round === 1 && own.replace(0, 'host-1') })
    const measured = await run(verified(bed), { journal })
    const finding = await colocationOf(measured)
    expect(tests(measured).slice(0, 4)).toEqual(['silent 0', 'leader 0 no-sender', 'leader 0 no-sender', 'silent 0'])
    expect(finding.contention?.map(({ tests: answered }) => answered > 0)).toEqual([false, true])
    expect(hostsOf(bed, finding)).toEqual(['host-0', 'host-1'])
    expect(finding.groups.map(({ instances }) => instances.length).sort()).toEqual([2, 4])
    expect(finding.groups.flatMap(({ instances }) => instances)).not.toContain('nonce-0-of-0')
  })

  test('all of them, all the time: it ends soon', async () => {
    const anew = (_: number, own: Contending): void => {
      for (const slot of own.nonces.keys()) own.replace(slot)
    }
    const measured = await run(verified(contending({ hosts: spread(6, 2), beforeTest: anew })), { journal })
    expect(tests(measured)).toEqual(Array(3).fill(['silent 0', 'leader 0 no-sender', 'leader 0 no-sender']).flat())
    expect(await colocationOf(measured)).toMatchObject({ groups: [], pairs: { differentHost: 0 } })
  })
})

test('a factor that users call "contention" marks no test', async () => {
  const bed = contending({ hosts: spread(2, 1) })
  const measured = await run(verified(bed, { colocation: undefined } as never), { journal })
  const named = { ...measured, rounds: measured.rounds.map((round) => ({ ...round, factors: { contention: 3 } })) }
  expect(named.rounds.map(markOf)).toEqual([undefined])
  expect((await analyze(named, { resamples: 20, fairnessResamples: 20 })).cells).toMatchObject([{ factors: { contention: 3 } }])
})
