/**
 * How fast the local provider makes sandboxes, and what an idle agent costs. Needs root.
 *
 * `node bench/local-host.ts [AGENT BUNDLE]`; default: dist/agents/local.mjs, or the tests' agent where that was not built
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { detectHost } from '../src/providers/local/detect-host.ts'
import { HOST, runBatch } from '../src/providers/local/host-command.ts'
import { removeRun } from '../src/providers/local/leftovers.ts'
import { NamespaceNetwork } from '../src/providers/local/namespace-network.ts'
import type { Settings } from '../src/providers/local/options.ts'
import { directoryOf } from '../src/providers/local/run-directory.ts'
import { newRunName } from '../src/providers/local/run-name.ts'
import { local } from '../src/providers/local.ts'

const SANDBOXES = 26
const ROUNDS = 5
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const built = path('../dist/agents/local.mjs')
const bundle = process.argv[2] ?? (existsSync(built) ? built : path('../test/providers/local/fixtures/agent.mjs'))
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** Hosts, server and sandboxes without agents. */
async function networkAlone(sharing: 'fifo' | 'fair' | 'capped'): Promise<number> {
  const run = newRunName()
  const settings: Settings = { sharing, uplinkBitsPerSecond: 600e6, capBitsPerSecond: 20e6, hosts: 1, placement: 'blocked', vcpus: 2 }
  const network = new NamespaceNetwork(run, settings, HOST)
  mkdirSync(directoryOf(run))
  try {
    return await timed(async () => {
      await network.build()
      await network.add([SANDBOXES], (places) =>
        runBatch(
          'ip',
          places.map(({ namespace }) => `netns add ${namespace}`),
        ),
      )
    })
  } finally {
    await removeRun(run)
  }
}

interface Creation {
  readonly createMs: number
  readonly removeMs: number
  readonly privateMiB: number
}

/** From nothing to agents that are ready; a target that does nothing is part of it. */
async function create(memoryMb: number): Promise<Creation> {
  const provider = local({ sharing: 'fifo', uplinkBitsPerSecond: 600e6 })
  const command = (): string[] => ['sh', '-c', `echo '{"iperf3":"198.19.255.1:1","http":"http://198.19.255.1:2"}'; exec cat`]
  const agent = { bundle, secret: 'bench', allowedTargets: [], modules: [] }
  const start = performance.now()
  const running = await provider.targetPlace.start({ runId: 'bench', functions: SANDBOXES, command })
  const stop = async (): Promise<void> => running?.[Symbol.asyncDispose]()
  try {
    await provider.deploy({ runId: 'bench', memoryMb, concurrency: SANDBOXES, agent })
    const createMs = performance.now() - start
    const privateMiB = median(agents().map(privateMemory))
    return { createMs, privateMiB, removeMs: await timed(stop) }
  } finally {
    await stop()
  }
}

/** Children of this process that run the bundle. */
function agents(): string[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ')
  return children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(bundle))
}

function privateMemory(pid: string): number {
  const sizes = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB/gm)
  return [...sizes].reduce((sum, [, kibibytes]) => sum + Number(kibibytes), 0) / 1024
}

async function repeated<Value>(work: () => Promise<Value>): Promise<Value[]> {
  const values: Value[] = []
  for (let round = 0; round < ROUNDS; round++) values.push(await work())
  return values
}

const whole = (values: readonly number[]): string =>
  `${median(values).toFixed(0)} ms (${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)})`

console.log(`${SANDBOXES} sandboxes, median of ${ROUNDS} (range); agent ${bundle}`)
console.log(`looking at the machine    ${(await timed(async () => detectHost())).toFixed(0)} ms, once per process`)
for (const sharing of ['fifo', 'fair', 'capped'] as const) {
  console.log(`network alone, ${sharing.padEnd(11)}${whole(await repeated(() => networkAlone(sharing)))}`)
}
for (const memoryMb of [2048, 128]) {
  const made = await repeated(() => create(memoryMb))
  console.log(`ready agents at ${String(memoryMb).padEnd(10)}${whole(made.map(({ createMs }) => createMs))}`)
  console.log(`  removal                 ${whole(made.map(({ removeMs }) => removeMs))}`)
  console.log(`  idle agent, private     ${median(made.map(({ privateMiB }) => privateMiB)).toFixed(1)} MiB`)
}
