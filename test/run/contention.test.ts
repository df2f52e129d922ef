import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { contentionRounds, markOf } from '../../src/analysis/colocation/contention-round.ts'
import { loadJournal } from '../../src/journal/reader.ts'
import type { Journal } from '../../src/model/journal.ts'
import type { ColocationFinding } from '../../src/model/report.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import { analyze } from '../../src/run/analyze.ts'
import { testBytes } from '../../src/run/contention-options.ts'
import type { RunEvent } from '../../src/run/event.ts'
import { defineExperiment, type Experiment, type ExperimentOptions } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'
import { type Contending, contending, type Fault } from './contending-provider.ts'

let folder: string
let journal: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netfair-contention-'))
  journal = join(folder, 'journal.ndjson')
})
afterEach(() => rmSync(folder, { recursive: true }))

const spread = (functions: number, hosts: number) => Array.from({ length: functions }, (_, slot) => `host-${slot % hosts}`)

function verified(bed: Contending, options: Partial<ExperimentOptions> = {}): Experiment {
  return defineExperiment({
    provider: bed.provider,
    target: bed.target,
    probe: iperf3({ seconds: 1 }),
    memoryMb: [1024],
    concurrency: [bed.functions],
    repetitions: 1,
    colocation: { verify: 'contention' },
    ...options,
  })
}

const colocationOf = async (source: Journal): Promise<ColocationFinding> => {
  const { colocation } = await analyze(source, { resamples: 20, fairnessResamples: 20 })
  if (colocation === null) throw new Error('no finding')
  return colocation
}
/** Hosts of each group, by name; two names are a wrong link. */
const hostsOf = (bed: Contending, { groups }: ColocationFinding) =>
  groups.map(({ instances }) => [...new Set(instances.map((name) => bed.hostOf.get(name)))].join(' and ')).sort()
const tests = (source: Journal) =>
  contentionRounds(source).map(({ mark, senders, discarded }) => [mark.kind, senders.length, ...(discarded ? [discarded] : [])].join(' '))

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

describe('a run that is cut off', () => {
  const hosts = spread(6, 2)
  const marked = ({ rounds }: Journal) => rounds.filter((round) => markOf(round) !== undefined)
  const samplesOf = ({ samples }: Journal, ids: ReadonlySet<string>) => samples.filter(({ round }) => ids.has(round))

  test.each<readonly [where: string, pattern: RegExp, sessions: number]>([
    ['in a round of its own', /"type":"sample","round":"1024MB/, 1],
    ['while a test begins', /"type":"round","id":"contention-2-r0"/, 2],
    ['among the samples of a test', /"type":"sample","round":"contention-3-r0".*"invocation":4/, 2],
    ['after the last test', /"type":"end"/, 1],
  ])('%s: nothing is lost, nothing that counts is repeated', async (_, pattern, sessions) => {
    const first = contending({ hosts })
    const whole = await run(verified(first), { journal })
    const lines = readFileSync(journal, 'utf8').split('\n')
    const at = lines.findIndex((line) => pattern.test(line))
    expect(at).toBeGreaterThan(0)
    writeFileSync(journal, `${lines.slice(0, at).join('\n')}\n${lines[at]?.slice(0, 30)}`)
    const before = await loadJournal(journal)
    const done = new Set(before.rounds.filter(({ completed }) => completed).map(({ id }) => id))

    // Whoever comes back is somebody else, on another host.
    const second = contending({ hosts: hosts.toReversed(), named: 'later' })
    const after = await run(verified(second), { journal, resume: true })
    expect(samplesOf(after, done)).toEqual(samplesOf(whole, done))
    expect(second.rounds.filter((id) => done.has(id))).toEqual([])
    expect(after.rounds.filter((round) => markOf(round) === undefined && round.completed)).toHaveLength(1)
    expect(new Set(marked(after).map((round) => markOf(round)?.contention)).size).toBe(marked(after).length)
    const finding = await colocationOf(after)
    expect(finding.contention).toHaveLength(sessions)
    const both = { ...second, hostOf: new Map([...first.hostOf, ...second.hostOf]) }
    for (const names of hostsOf(both, finding)) expect(names).not.toContain('and')
    for (const { instances } of finding.groups) expect(new Set(instances.map((name) => name.split('-')[0])).size).toBe(1)
    expect(second.deployments).toBe(pattern.test('"type":"end"') ? 0 : 1)
    expect(after.end).toBeDefined()
  })

  test('by whoever started it: the tests so far are kept', async () => {
    const controller = new AbortController()
    const onProgress = (event: RunEvent): void => {
      if (event.kind === 'contention' && event.test === 4) controller.abort(new Error('enough'))
    }
    const running = run(verified(contending({ hosts })), { journal, signal: controller.signal, onProgress })
    await expect(running).rejects.toThrow('enough')
    const kept = await loadJournal(journal)
    expect(marked(kept).filter(({ completed }) => completed)).toHaveLength(3)
    expect(kept.end).toBeUndefined()
  })

  test('a killed process leaves a round that is counted and not read', async () => {
    const dying = contending({ hosts, faultOf: (round) => (round === 2 ? 'kills-the-run' : undefined) })
    await expect(run(verified(dying), { journal })).rejects.toThrow('killed')
    const later = contending({ hosts, named: 'later' })
    const limits = { verify: 'contention', maximumTests: 60 } as const
    const { length } = contentionRounds(await run(verified(later, { colocation: limits }), { journal, resume: true }))
    expect(length).toBeGreaterThan(4)
    expect((await colocationOf(await loadJournal(journal))).contention).toMatchObject([
      { rounds: 3, tests: 1, discarded: [{ code: 'incomplete', rounds: 1 }] },
      { discarded: [] },
    ])
  })
})

describe('limits', () => {
  const hosts = spread(6, 2)
  const traffic = { burstMs: 1200, listenBitsPerSecond: 4e6, sendBitsPerSecond: 1e9 }
  const bytesOf = ({ samples }: Journal): number =>
    samples.reduce((sum, { round, bytes = 0 }) => (round.startsWith('contention') ? sum + bytes : sum), 0)

  test('of rounds', async () => {
    const measured = await run(verified(contending({ hosts }), { colocation: { verify: 'contention', maximumTests: 3 } }), { journal })
    expect(tests(measured)).toEqual(['silent 0', 'leader 1', 'leader 1'])
    const [own] = (await colocationOf(measured)).contention ?? []
    expect(own).toMatchObject({ rounds: 3, tests: 2 })
  })

  test('of bytes: no test is begun that could go beyond them; who did not tell counts as much as it may have moved', async () => {
    const silence = testBytes(traffic, 6, 0)
    const leader = testBytes(traffic, 6, 1)
    const maximumBytes = silence + 2.5 * leader
    const colocation = { verify: 'contention', maximumBytes } as const
    const measured = await run(verified(contending({ hosts }), { colocation }), { journal })
    expect(bytesOf(measured)).toBeLessThanOrEqual(maximumBytes)
    // A burst moves half of what it might.
    expect(tests(measured).length).toBe(4)
    const failing = contending({ hosts, faultOf: (round) => (round > 0 ? 'fails' : undefined) })
    expect(tests(await run(verified(failing, { colocation }), { journal, overwrite: true }))).toHaveLength(3)
    const few = { verify: 'contention', maximumBytes: silence + leader - 1 } as const
    expect(() => verified(contending({ hosts }), { colocation: few })).toThrow(/maximumBytes.*may move/)
  })

  test('a budget of bytes ends the run; a larger one goes on', async () => {
    const round = 6 * Math.round((10e6 * 1.2) / 8)
    const bytes = round + testBytes(traffic, 6, 0) + 2 * testBytes(traffic, 6, 1)
    await expect(run(verified(contending({ hosts }), { budget: { bytes } }), { journal })).rejects.toMatchObject({
      code: 'BUDGET_REACHED',
      message: expect.stringMatching(/round contention-3-r0 may need/),
    })
    const kept = await loadJournal(journal)
    expect(kept.end).toMatchObject({ stoppedBy: 'budget' })
    expect(kept.samples.reduce((sum, sample) => sum + (sample.bytes ?? 0), 0)).toBeLessThanOrEqual(bytes)
    const again = contending({ hosts, named: 'later' })
    const more = await run(verified(again, { budget: { bytes: 1e12 } }), { journal, resume: true })
    expect(more.end?.stoppedBy).toBeUndefined()
    expect((await colocationOf(more)).contention).toHaveLength(2)
    const third = contending({ hosts })
    await run(verified(third), { journal, resume: true })
    expect(third.deployments).toBe(0)
  })

  test('a budget of dollars, too', async () => {
    const lambda = { name: 'aws', region: 'eu-central-1' }
    // 6 functions of 1 GB: a round of tests is billed 4 s each.
    const usd = 6 * 4 * 0.0000166667 * 4.2
    const running = run(verified(contending({ hosts, billedAs: lambda }), { budget: { usd } }), { journal })
    await expect(running).rejects.toMatchObject({ code: 'BUDGET_REACHED' })
    const kept = await loadJournal(journal)
    expect(marked(kept)).toBe(3)
    const { cost } = await analyze(kept, { resamples: 20, fairnessResamples: 20 })
    expect(cost?.finalUsd).toBeLessThanOrEqual(usd)
  })
  const marked = ({ rounds }: Journal): number => rounds.filter((round) => markOf(round) !== undefined).length
})

test('a factor that users call "contention" marks no test', async () => {
  const bed = contending({ hosts: spread(2, 1) })
  const measured = await run(verified(bed, { colocation: undefined } as never), { journal })
  const named = { ...measured, rounds: measured.rounds.map((round) => ({ ...round, factors: { contention: 3 } })) }
  expect(named.rounds.map(markOf)).toEqual([undefined])
  expect((await analyze(named, { resamples: 20, fairnessResamples: 20 })).cells).toMatchObject([{ factors: { contention: 3 } }])
})
