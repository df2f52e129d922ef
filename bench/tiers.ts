/**
 * The demo's experiment as root (privileged) and as a user without rights (rootless), in turn: verdicts, and rates side by side.
 * Needs root and a built package. On a busy machine verdicts are withheld; so they are given a second time without that check.
 *
 * `node bench/tiers.ts [PAIRS] [REPETITIONS] [SECONDS]`; default: 3 pairs of 3 repetitions of 1 s. The demo itself has 6 of 2 s.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Report } from '../src/model/report.ts'
import { analyze } from '../src/run/analyze.ts'
import { NOBODY, unprivileged } from '../test/providers/local/unprivileged.ts'

const [pairs = 3, repetitions = 3, seconds = 1] = process.argv.slice(2).map(Number)
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

mkdirSync('coverage', { recursive: true })
const folder = mkdtempSync('coverage/bench-tiers-')
execFileSync('chmod', ['755', 'coverage', folder])
const out = mkdtempSync(join(tmpdir(), 'bench-tiers-'))
chownSync(out, NOBODY, NOBODY)
const user = unprivileged()
const reports: Record<'privileged' | 'rootless', Measured[]> = { privileged: [], rootless: [] }
try {
  for (let pair = 0; pair < pairs; pair++) {
    const file = join(folder, `pair-${pair}.ts`)
    const demo = readFileSync('examples/local.ts', 'utf8')
    const short = demo.replace('seconds: 2', `seconds: ${seconds}`).replace('repetitions: 6', `repetitions: ${repetitions}`)
    writeFileSync(file, short.replace('seed: 1', `seed: ${pair + 1}`))
    reports.privileged.push(await measure([process.execPath, 'dist/cli/main.js', 'run', file], `privileged-${pair}`))
    reports.rootless.push(await measure(user.command([user.path('dist/cli/main.js'), 'run', user.path(file)]), `rootless-${pair}`))
  }
} finally {
  user[Symbol.dispose]()
  for (const path of [folder, out]) rmSync(path, { recursive: true })
}

for (const [tier, all] of Object.entries(reports)) {
  const tiers = all.map(({ report }) => report.experiment.provider.tier).join()
  console.log(`${tier} (${tiers}): ${all.map(({ report }) => verdictsOf(report)).join('; ')}`)
  console.log(`  without the check for a busy host: ${all.map(({ unchecked }) => verdictsOf(unchecked)).join('; ')}`)
}
console.log('\nMbit/s, medians over pairs; each: aggregate ÷ n (what the sharing verdict is fitted to), and the median over functions')
for (const [index, { concurrency }] of (reports.privileged[0]?.report.cells ?? []).entries()) {
  const each = (tier: 'privileged' | 'rootless', key: 'aggregate' | 'perFunction'): number =>
    median(
      reports[tier].map(
        ({ report: { cells } }) => (cells[index]?.[key].medianBitsPerSecond ?? Number.NaN) / (key === 'aggregate' ? concurrency : 1),
      ),
    ) / 1e6
  const columns = (['aggregate', 'perFunction'] as const).map((key) => {
    const [privileged, rootless] = [each('privileged', key), each('rootless', key)]
    return `${privileged.toFixed(2).padStart(7)} ${rootless.toFixed(2).padStart(7)}  ratio ${(rootless / privileged).toFixed(4)}`
  })
  console.log(`n = ${String(concurrency).padStart(2)}  privileged, rootless: ${columns.join('   of functions: ')}`)
}

interface Measured {
  readonly report: Report
  readonly unchecked: Report
}

function verdictsOf({ sharing, fairness }: Report): string {
  const shares = sharing.map(({ verdict, grade, reasons }) => [verdict, grade ?? '', ...reasons.map(({ code }) => `[${code}]`)].join(' '))
  return [...shares, ...fairness.map(({ concurrency, verdict }) => `n=${concurrency} ${verdict}`)].join(', ')
}

async function measure([program = '', ...args]: readonly string[], name: string): Promise<Measured> {
  const place = join(out, name)
  const { status, stderr } = spawnSync(program, [...args, '--out', place, '--quiet'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`)
  const report = JSON.parse(readFileSync(join(place, 'report.json'), 'utf8')) as Report
  return { report, unchecked: await analyze(join(place, 'journal.ndjson'), { hostIdle: -1 }) }
}
