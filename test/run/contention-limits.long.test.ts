import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { contentionRounds, markOf } from '../../src/analysis/colocation/contention-round.ts'
import { loadJournal } from '../../src/journal/reader.ts'
import type { Journal } from '../../src/model/journal.ts'
import { analyze } from '../../src/run/analyze.ts'
import { testBytes } from '../../src/run/contention-options.ts'
import type { RunEvent } from '../../src/run/event.ts'
import { run } from '../../src/run/run.ts'
import { contending } from './contending-provider.ts'
import { colocationOf, hostsOf, spread, tests, verified } from './verified-experiment.ts'

let folder: string
let journal: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netfair-contention-'))
  journal = join(folder, 'journal.ndjson')
})
afterEach(() => rmSync(folder, { recursive: true }))

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
