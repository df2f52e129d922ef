import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sealTask, type TaskContent } from '../../../src/model/sealed-task.ts'
import type { Task } from '../../../src/model/task.ts'
import type { LocalOptions, LocalProvider } from '../../../src/providers/local.ts'
import { local } from '../../../src/providers/local.ts'
import type { Deployment, DeployRequest, TargetLaunch } from '../../../src/providers/provider.ts'

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))

export function launch({ servers = 0, host, signal }: { servers?: number; host?: string; signal?: AbortSignal } = {}): TargetLaunch {
  return {
    runId: 'run',
    functions: servers,
    command: (place) => [process.execPath, fixture('target.mjs'), host ?? place.host, String(servers)],
    ...(signal === undefined ? {} : { signal }),
  }
}

export function deployRequest({
  memoryMb = 2048,
  concurrency = 1,
  secret = 'secret',
  signal,
}: Partial<DeployRequest> & { secret?: string } = {}): DeployRequest {
  const agent = { bundle: fixture('agent.mjs'), secret, allowedTargets: ['198.19.255.1:5201'], modules: [] }
  return { runId: 'run', memoryMb, concurrency, agent, ...(signal === undefined ? {} : { signal }) }
}

/** A task for the fixture agent; `params` says how it behaves. */
export function taskFor(
  params: Readonly<Record<string, unknown>>,
  { invocation = 0, deadlineMs = 20_000 }: { invocation?: number; deadlineMs?: number } = {},
): Task {
  const target = { iperf3: '198.19.255.1:5201', http: 'http://198.19.255.1:1' }
  const content: TaskContent = {
    run: 'test',
    round: 'r0',
    attempt: 0,
    invocation,
    concurrency: 1,
    direction: 'download',
    probe: { name: 'fixture', version: '1', params },
    target,
    targetIndex: 0,
    rendezvous: target,
    readyTimeoutMs: 1000,
    deadlineMs,
    expiresAtMs: Date.now() + 60_000,
  }
  return sealTask(content, 'secret')
}

interface Iperf3Output {
  readonly intervals: readonly { readonly sum: { readonly seconds: number; readonly bits_per_second: number; readonly omitted: boolean } }[]
}

/** A lab for the length of one test. */
export class TestLab implements AsyncDisposable {
  readonly provider: LocalProvider
  readonly deployment: Deployment
  readonly #concurrency: number
  readonly #stop: () => PromiseLike<void>

  private constructor(provider: LocalProvider, deployment: Deployment, concurrency: number, stop: () => PromiseLike<void>) {
    this.#concurrency = concurrency
    this.provider = provider
    this.deployment = deployment
    this.#stop = stop
  }

  static async start(options: LocalOptions, request: Parameters<typeof deployRequest>[0] = {}, servers = 0): Promise<TestLab> {
    const provider = local(options)
    const running = await provider.targetPlace.start(launch({ servers }))
    const stop = (): PromiseLike<void> => running[Symbol.asyncDispose]()
    try {
      return new TestLab(provider, await provider.deploy(deployRequest(request)), request.concurrency ?? 1, stop)
    } catch (error) {
      await stop()
      throw error
    }
  }

  /** What the fixture agent reports. */
  async act(params: Readonly<Record<string, unknown>>, invocation = 0, repetition = 0): Promise<Readonly<Record<string, string>>> {
    const { samples } = await this.deployment.invoke(taskFor(params, { invocation }), { repetition })
    return samples[0]?.facts ?? {}
  }

  /** Real iperf3 in n sandboxes at once; what each received a second, in bits. */
  iperf3(count: number, args: readonly string[], repetition = 0): Promise<number[]> {
    return Promise.all(Array.from({ length: count }, (_, invocation) => this.iperf3At(invocation, args, repetition)))
  }

  /**
   * Real iperf3 in one sandbox, against a server of its own on each host: median over the receiver's intervals of 200 ms, so that a
   * busy machine that stops a program for a moment does not matter.
   */
  async iperf3At(invocation: number, args: readonly string[], repetition = 0): Promise<number> {
    const port = 5201 + invocation + repetition * this.#concurrency
    const command = ['iperf3', '-c', '198.19.255.1', '-p', String(port), '-J', '-i', '0.2', '--get-server-output', ...args]
    const { stdout = '', error } = await this.act({ act: 'command', command }, invocation, repetition)
    const result = JSON.parse(stdout) as Iperf3Output & { error?: string; server_output_json?: Iperf3Output }
    const receiver = args.includes('-R') ? result : result.server_output_json
    const rates = receiver?.intervals.filter(({ sum }) => !sum.omitted && sum.seconds > 0.1).map(({ sum }) => sum.bits_per_second) ?? []
    // A server needs a moment after its last test; vitest ends a test that never gets through.
    if (result.error?.includes('busy')) return this.iperf3At(invocation, args, repetition)
    if (result.error !== undefined || rates.length === 0) throw new Error(`iperf3: ${result.error ?? error}`)
    return rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)] ?? 0
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#stop()
  }
}

/** Everything on this machine that carries the name of a run of one process. */
export function tracesOf(pid: number): string[] {
  const mine = (name: string): boolean => name.startsWith(`netfair-${pid}-`)
  const own = readFileSync('/proc/self/cgroup', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const groups = ['cpu', 'memory'].flatMap((controller) => {
    const path = own.find(([, name]) => name === controller)?.[2] ?? '/'
    return [`/sys/fs/cgroup/${controller}`, join(`/sys/fs/cgroup/${controller}`, path)]
  })
  const directories = ['/run/netns', tmpdir(), '/sys/fs/cgroup', ...groups].filter((path) => existsSync(path))
  const files = [...new Set(directories)].flatMap((directory) =>
    readdirSync(directory)
      .filter(mine)
      .map((name) => join(directory, name)),
  )
  return [...files, ...processesOf(pid)]
}

/** Agents and targets below one run's process, found by the socket's path or the cgroup's name. */
function processesOf(pid: number): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cgroup`, 'utf8').includes(`/netfair-${pid}-`)
      } catch {
        return false
      }
    })
    .map((name) => `process ${name}`)
}

export const jain = (values: readonly number[]): number => {
  const sum = values.reduce((total, value) => total + value, 0)
  return sum ** 2 / (values.length * values.reduce((total, value) => total + value ** 2, 0))
}
