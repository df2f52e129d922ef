import { seededRandom } from '../../src/analysis/seeded-random.ts'
import { MeasurementError } from '../../src/model/errors.ts'
import type { CompletedSample, Interval } from '../../src/model/journal-record.ts'
import type { Target } from '../../src/model/target.ts'
import type { Task } from '../../src/model/task.ts'
import type { ContentionParams } from '../../src/probes/contention/measure.ts'
import type { Deployment, InvocationResult, Provider } from '../../src/providers/provider.ts'
import { undeployable } from './fake-provider.ts'

/** Functions on hosts, whose samples are made up at once: who listens beside a sender on its host gets less. */
export interface Contending {
  readonly provider: Provider
  /** One for each function, so that nobody need watch them: none of them is ever asked. */
  readonly target: readonly Target[]
  /** Nonces by slot, now. */
  readonly nonces: readonly string[]
  /** Where each nonce is, those that are gone too. */
  readonly hostOf: ReadonlyMap<string, string>
  /** A new instance takes the place of another one. */
  replace(slot: number, host?: string): void
  /** All that was invoked, each round once. */
  readonly rounds: readonly string[]
  /** How often functions were deployed. */
  readonly deployments: number
  readonly functions: number
}

export interface ContendingOptions {
  /** Host of each function. */
  readonly hosts: readonly string[]
  /** What an instance tells of itself. Default nothing. */
  readonly factsOf?: (slot: number, host: string) => Readonly<Record<string, string>>
  /** Nobody ever feels another one's load. Default false. */
  readonly isolated?: boolean
  /** What goes wrong with one function of a round; rounds count from 0, only those of tests. */
  readonly faultOf?: (round: number, slot: number) => Fault | undefined
  /** Before a round of tests begins. */
  readonly beforeTest?: (round: number, bed: Contending) => void
  readonly billedAs?: NonNullable<Provider['billedAs']>
  /** Bits per second of one function of the experiment's own rounds. Default 10e6. */
  readonly rate?: (concurrency: number) => number
  /** How many targets there are, which nobody watches. Default one for each function. */
  readonly targets?: number
  /** Begins the nonces. Default `nonce`. */
  readonly named?: string
}

export type Fault =
  /** It starts after the others. */
  | 'late'
  /** Nothing comes of it; its instance lives on. */
  | 'fails'
  /** It had no CPU. */
  | 'throttled'
  /** As when the process of the run is killed: everything stops here. */
  | 'kills-the-run'

const LISTENS = 0.35

export function contending(options: ContendingOptions): Contending {
  const { hosts, factsOf = () => ({}), isolated = false, faultOf, beforeTest, billedAs, rate = () => 10e6, named = 'nonce' } = options
  const random = seededRandom(hosts.length)
  const placed = [...hosts]
  const hostOf = new Map<string, string>()
  let minted = 0
  const mint = (slot: number): string => {
    const nonce = `${named}-${minted++}-of-${slot}`
    hostOf.set(nonce, placed[slot] ?? '')
    return nonce
  }
  const nonces: string[] = []
  const seen = new Map<string, number>()
  const tests = new Map<string, number>()
  let deployments = 0
  let clockMs = Date.UTC(2026, 10, 22)

  const invoke = async (task: Task): Promise<InvocationResult> => {
    const testing = task.probe.name === 'contention'
    const begins = !seen.has(task.round)
    if (begins && testing) tests.set(task.round, tests.size)
    const number = tests.get(task.round) ?? 0
    if (begins) {
      seen.set(task.round, clockMs)
      clockMs += 60_000
      if (testing) beforeTest?.(number, bed)
    }
    const startAtMs = seen.get(task.round) ?? 0
    const fault = testing ? faultOf?.(number, task.invocation) : undefined
    if (fault === 'kills-the-run') throw new Error('killed')
    if (fault === 'fails') throw new MeasurementError('INVOCATION_FAILED', 'It did not come back.', { hint: 'Try again.' })
    const sample = testing ? testSample(task, startAtMs) : plainSample(task, startAtMs)
    const lateMs = fault === 'late' ? 3000 : 0
    const startedAtMs = sample.startedAtMs + lateMs
    return {
      startAtMs,
      samples: [{ ...sample, startedAtMs, endedAtMs: sample.endedAtMs + lateMs, ...(fault === 'throttled' && { throttled: 0.9 }) }],
      ...(billedAs !== undefined && { billedMs: 4000 }),
    }
  }

  const common = ({ round, attempt, invocation, targetIndex }: Task) => ({
    type: 'sample' as const,
    round,
    attempt,
    invocation,
    target: targetIndex,
    direction: 'download' as const,
    outcome: 'completed' as const,
    instance: nonces[invocation] ?? '',
    clockUncertaintyMs: 0.1,
    facts: factsOf(invocation, placed[invocation] ?? ''),
  })

  const plainSample = (task: Task, startAtMs: number): CompletedSample => {
    const intervals = seriesOf(startAtMs, 1200, () => rate(task.concurrency) * (0.98 + 0.04 * random()))
    return { ...common(task), startedAtMs: startAtMs, endedAtMs: startAtMs + 1200, bytes: bytesOf(intervals), intervals }
  }

  const testSample = (task: Task, startAtMs: number): CompletedSample => {
    const { senders, windowMs, listenBitsPerSecond, sendBitsPerSecond } = task.probe.params as ContentionParams
    const own = nonces[task.invocation] ?? ''
    const sends = senders.includes(own)
    const loaders = senders.filter((sender) => nonces.includes(sender))
    const feels = sends || (!isolated && loaders.some((sender) => hostOf.get(sender) === hostOf.get(own)))
    const intervals = seriesOf(startAtMs, 3 * windowMs, (atMs) => {
      const loaded = feels && atMs >= windowMs && atMs < 2 * windowMs
      return listenBitsPerSecond * (loaded ? LISTENS : 1) * (0.94 + 0.06 * random())
    })
    const loadBytes = sends ? Math.round((sendBitsPerSecond * windowMs) / 8000 / 2) : 0
    return {
      ...common(task),
      startedAtMs: startAtMs,
      endedAtMs: startAtMs + 3 * windowMs,
      bytes: bytesOf(intervals) + loadBytes,
      intervals,
      values: { sends: sends ? 1 : 0, loadBytes },
    }
  }

  const { targetPlace: _, ...base } = undeployable({ name: billedAs?.name ?? 'simulated', ...(billedAs !== undefined && { billedAs }) })
  const description = { name: base.name, ...(billedAs?.region !== undefined && { region: billedAs.region }), environment: {} }
  const bed: Contending = {
    provider: {
      ...base,
      check: () => Promise.resolve(description),
      deploy: async ({ memoryMb }): Promise<Deployment> => {
        deployments++
        nonces.splice(0, nonces.length, ...hosts.map((__, slot) => mint(slot)))
        return { memoryMb, invoke: (task) => invoke(task), [Symbol.asyncDispose]: () => Promise.resolve() }
      },
    },
    target: Array.from({ length: options.targets ?? hosts.length }, (__, index) => ({
      iperf3: `127.0.0.1:${index + 1}`,
      http: `http://127.0.0.1:${index + 1}`,
    })),
    nonces,
    hostOf,
    replace(slot, host = placed[slot] ?? '') {
      placed[slot] = host
      nonces[slot] = mint(slot)
    },
    get rounds() {
      return [...seen.keys()]
    },
    functions: hosts.length,
    get deployments() {
      return deployments
    },
  }
  return bed
}

function seriesOf(startAtMs: number, lengthMs: number, rate: (atMs: number) => number): Interval[] {
  return Array.from({ length: lengthMs / 100 }, (_, index) => {
    const atMs = index * 100
    return [startAtMs + atMs, startAtMs + atMs + 100, Math.round(rate(atMs) / 80)]
  })
}

const bytesOf = (intervals: readonly Interval[]): number => intervals.reduce((sum, [, , bytes]) => sum + bytes, 0)
