/**
 * What `import 'netfair'` costs beyond an empty script, in milliseconds of wall time from start to end of the process: the median of the
 * differences of alternating pairs. Then the same for the other entries, and for netfair's parts that it does not load at once.
 *
 * `npm run build && node bench/import.ts [PAIRS]`
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const LIMIT_MS = 30
const pairs = Number(process.argv[2] ?? 21)
const cwd = fileURLToPath(new URL('..', import.meta.url))

function time(script: string): number {
  const startedAt = performance.now()
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return performance.now() - startedAt
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function cost(specifier: string): number {
  const script = `import '${specifier}'`
  return median(Array.from({ length: pairs }, () => -time('') + time(script)))
}

console.log(`median of ${pairs} pairs; an empty script takes ${median(Array.from({ length: pairs }, () => time(''))).toFixed(1)} ms`)
const netfair = cost('netfair')
console.log(`netfair: +${netfair.toFixed(1)} ms (at most ${LIMIT_MS}): ${netfair <= LIMIT_MS ? 'holds' : 'MISSED'}`)
for (const entry of ['netfair/local', 'netfair/aws', 'netfair/gcp', 'netfair/azure']) console.log(`${entry}: +${cost(entry).toFixed(1)} ms`)
for (const part of ['run/run.js', 'analysis/analyze-journal.js', 'journal/record-check.js', 'probes/built-in.js'])
  console.log(`on demand, dist/${part}: +${cost(`./dist/${part}`).toFixed(1)} ms`)
for (const name of ['ajv/dist/2020.js', 'node:crypto', 'node:net', 'node:child_process'])
  console.log(`${name}: +${cost(name).toFixed(1)} ms`)
