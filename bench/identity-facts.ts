/**
 * What the collection of identity facts costs before a round: CPU and time, on a whole core and on the share of one that the smallest
 * function has. `node bench/identity-facts.ts`
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CPU_PERIOD_US, makeGroup, makeRunGroup, removeGroup } from '../src/providers/local/cgroup.ts'
import { cgroupPlaces } from '../src/providers/local/cgroup-place.ts'

const RUNS = 9
/** Share of a core of a Lambda function of 150 MB. */
const SMALLEST = 0.085

const RUN = `
process.stdin.once('data', async () => {
  const { collectFacts } = await import(process.argv[1])
  const measure = () => {
    const before = process.cpuUsage(), at = performance.now()
    collectFacts()
    const { user, system } = process.cpuUsage(before)
    return [(user + system) / 1000, performance.now() - at]
  }
  const first = measure()
  for (let call = 0; call < 20; call++) measure()
  console.log(JSON.stringify([first, measure()]))
  process.exit(0)
})
console.log('ready')
`

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

type Cost = readonly [cpuMs: number, ms: number]

/** The first call of a process and a later one. */
async function costs(groups: readonly string[]): Promise<readonly [Cost, Cost]> {
  const facts = new URL('../src/agent/identity-facts.ts', import.meta.url).href
  const child = spawn(process.execPath, ['--input-type=module', '-e', RUN, facts], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  for (const group of groups) writeFileSync(join(group, 'cgroup.procs'), String(child.pid))
  child.stdin.write('go\n')
  const [text] = (await once(child.stdout, 'data')) as [Buffer]
  await once(child, 'close')
  return JSON.parse(text.toString()) as readonly [Cost, Cost]
}

async function show(name: string, groups: readonly string[]): Promise<void> {
  const all: (readonly [Cost, Cost])[] = []
  for (let run = 0; run < RUNS; run++) all.push(await costs(groups))
  for (const [call, label] of [
    [0, 'first call'],
    [1, 'a later one'],
  ] as const) {
    const cpuMs = median(all.map((costs) => costs[call][0]))
    const ms = median(all.map((costs) => costs[call][1]))
    console.log(`${`${name}, ${label}`.padEnd(40)} ${cpuMs.toFixed(2).padStart(7)} ms CPU ${ms.toFixed(2).padStart(8)} ms`)
  }
}

await show('a whole core', [])
const [place] = cgroupPlaces()
if (place === undefined) throw new Error('There is no cgroup here in which a limit can be set.')
const run = `netfair-bench-${process.pid}`
const parents = makeRunGroup(place, run)
try {
  const limits = { memoryBytes: 256 * 2 ** 20, cpuQuotaUs: SMALLEST * CPU_PERIOD_US }
  const { directories } = makeGroup(place, run, 'function', limits)
  try {
    await show(`${SMALLEST} of a core`, directories)
  } finally {
    for (const directory of directories) removeGroup(directory)
  }
} finally {
  for (const parent of parents) removeGroup(parent)
}
