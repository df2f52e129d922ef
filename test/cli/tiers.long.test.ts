import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Report } from '../../src/model/report.ts'
import { NOBODY, type Unprivileged, unprivileged } from '../providers/local/unprivileged.ts'
import type { Finished } from './netfair.ts'

// Below the checkout, so that experiment files find the package by its name.
let folder: string
let out: string
let user: Unprivileged
beforeAll(() => {
  user = unprivileged()
  mkdirSync('coverage', { recursive: true })
  folder = mkdtempSync('coverage/tiers-')
  execFileSync('chmod', ['755', 'coverage', folder])
  out = mkdtempSync(join(tmpdir(), 'tiers-out-'))
  chownSync(out, NOBODY, NOBODY)
})
afterAll(() => {
  user[Symbol.dispose]()
  rmSync(folder, { recursive: true })
  rmSync(out, { recursive: true })
})

const experiment = ({ memoryMb = '[512]', concurrency = '[1, 2]', options = '' } = {}): string => {
  const file = join(folder, `experiment-${readdirSync(folder).length}.ts`)
  writeFileSync(
    file,
    `import { defineExperiment, iperf3 } from 'netfair'
import { local } from 'netfair/local'
export default defineExperiment({
  provider: local({ uplinkBitsPerSecond: 100e6, sharing: 'fifo', ${options} }),
  probe: iperf3({ seconds: 0.5 }), memoryMb: ${memoryMb}, concurrency: ${concurrency}, repetitions: 1 })\n`,
  )
  return file
}

function start(
  args: readonly string[],
  change?: string,
): { readonly child: ChildProcess; readonly finished: Promise<Finished>; said(): string } {
  const [program, ...rest] = user.command([user.path('dist/cli/main.js'), ...args], change)
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const finished = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }) as Finished)
  return { child, finished, said: () => stderr }
}

const withoutPrograms =
  'for file in /usr/sbin/ip /usr/bin/ip /usr/sbin/tc /usr/bin/tc; do test ! -e $file || mount --bind /dev/null $file; done'
const netfair = (args: readonly string[], change?: string): Promise<Finished> => start(args, change).finished
const reportIn = (place: string): Report => JSON.parse(readFileSync(join(place, 'report.json'), 'utf8')) as Report
const experimentIn = (place: string): { readonly environment: object } =>
  JSON.parse(readFileSync(join(place, 'journal.ndjson'), 'utf8').split('\n')[0] ?? '')

describe('a user without rights', () => {
  test('measures the network; memory verdicts are withheld, and all say why', async () => {
    const place = join(out, 'memory')
    const file = experiment({ memoryMb: '[256, 512, 1024, 2048]', concurrency: '[1]' })
    const { code, stderr } = await netfair(['run', user.path(file), '--out', place])
    expect(code, stderr).toBe(0)
    expect(stderr).toMatch(/Tier rootless: .*no limits[\s\S]*Not privileged, for want of root \(this is user 65534\)/)
    const { experiment: about, memory } = reportIn(place)
    expect(about.provider.tier).toBe('rootless')
    expect(experimentIn(place).environment).toMatchObject({ cgroup: 'none', tiersRefused: { privileged: 'root (this is user 65534)' } })
    expect(memory).toMatchObject([
      { verdict: 'inconclusive', reasons: expect.arrayContaining([expect.objectContaining({ code: 'tier' })]) },
    ])
  })

  test('Ctrl-C leaves nothing behind; the rest is not measured in another tier', async () => {
    const place = join(out, 'interrupted')
    const file = user.path(experiment())
    const { child, finished, said } = start(['run', file, '--out', place])
    await expect.poll(said, { timeout: 50_000, interval: 5 }).toContain('1/2')
    child.kill('SIGINT')
    expect(await finished).toMatchObject({ code: 130 })
    expect(tracesOf(child.pid)).toEqual([])
    const elsewhere = await netfair(['run', file, '--out', place, '--resume'], withoutPrograms)
    expect(elsewhere).toMatchObject({ code: 2, stderr: expect.stringMatching(/OTHER_TIER[\s\S]*another journal/) })
    const resumed = await netfair(['run', file, '--out', place, '--resume'])
    expect(resumed.code, resumed.stderr).toBe(0)
    expect(reportIn(place)).toMatchObject({ cells: [{ roundsUsed: 1 }, { roundsUsed: 1 }] })
  })

  test('where there is no ip and no tc: processes on loopback, exit 0, verdicts withheld', async () => {
    const place = join(out, 'plain')
    const { code, stdout, stderr } = await netfair(['run', user.path(experiment()), '--out', place], withoutPrograms)
    expect(code, stderr).toBe(0)
    expect(stderr).toMatch(/Tier plain: .*withheld[\s\S]*Not rootless, for want of ip \(no program ip on the PATH\)/)
    expect(stdout).toContain('[tier]')
    const { sharing, fairness } = reportIn(place)
    for (const { verdict, reasons } of [...sharing, ...fairness]) expect([verdict, reasons[0]?.code]).toEqual(['inconclusive', 'tier'])
  })

  test('a tier that does not work here is refused, with what is missing and what to do', async () => {
    const file = user.path(experiment({ options: "tier: 'privileged'" }))
    const refused = await netfair(['run', file, '--out', join(out, 'refused')])
    expect(refused).toMatchObject({ code: 3, stdout: '', stderr: expect.stringMatching(/HOST_UNSUITABLE\]\n.*Run as root/) })
    expect(existsSync(join(out, 'refused', 'journal.ndjson'))).toBe(false)
  })

  test('providers says what each tier found, lacks, and what adds it', async () => {
    const { code, stdout } = await netfair(['providers'])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /privileged[\s\S]*network-isolation[\s\S]*rootless[\s\S]*For local privileged is missing:\n {2}root: this is user 65534\n {4}→ Run as root/,
    )
    expect(stdout).toContain('in tier rootless, unless')
    const found = JSON.parse((await netfair(['providers', '--json'], withoutPrograms)).stdout) as object[]
    expect(found).toMatchObject([
      { tier: 'privileged', works: false },
      {
        tier: 'rootless',
        works: false,
        missing: expect.arrayContaining([expect.objectContaining({ what: 'tc', remedy: expect.stringContaining('iproute2') })]),
      },
      { tier: 'plain', works: true, claims: [] },
      ...['aws', 'gcp', 'azure'].map((provider) => ({ provider, works: false })),
    ])
  })
})

function tracesOf(pid = -1): string[] {
  const prefix = `netfair-${pid}-`
  const tagged = (name: string): boolean => {
    try {
      return readFileSync(`/proc/${name}/environ`, 'utf8').includes(`NETFAIR_RUN=${prefix}`)
    } catch {
      return false
    }
  }
  return [
    ...readdirSync(tmpdir()).filter((name) => name.startsWith(prefix)),
    ...readdirSync('/proc').filter((name) => /^\d/.test(name) && tagged(name)),
  ]
}
