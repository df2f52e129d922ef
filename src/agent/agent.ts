import type { OpenObjectClient } from '../model/object-client.ts'
import type { ObjectWork } from '../model/object-store.ts'
import type { Measurement, ProbeCode, ProbeContext } from '../model/probe.ts'
import type { AgentConfig, AgentReply, Task } from '../model/task.ts'
import { monotonicNow } from '../model/units.ts'
import { waitForStart } from './agreed-start.ts'
import { type CapabilitiesOptions, createCapabilities, type ProgramRunner } from './capabilities.ts'
import { type CommonClock, measureClock, withTarget } from './common-clock.ts'
import { startDeadline } from './deadline.ts'
import { createHttpClient, type HttpClient } from './http-request.ts'
import { collectFacts } from './identity-facts.ts'
import { type Invocation, toReply } from './invocation.ts'
import { knownSecrets } from './known-secrets.ts'
import { collectMetadata } from './platform-metadata.ts'
import { meet } from './rendezvous.ts'
import { type ModuleImporter, resolveProbe } from './resolve-probe.ts'
import { watchResources } from './resource-use.ts'
import { createTaskGate } from './task-gate.ts'
import { checkTaskShape } from './task-shape.ts'
import { within } from './within.ts'
import { createWorkQueue } from './work-queue.ts'

export interface AgentOptions {
  /** Code of the built-in probes, by name. */
  readonly probes: ReadonlyMap<string, ProbeCode<unknown, unknown>>
  /** Only where the host has programs to run. */
  readonly runProgram?: ProgramRunner
  /** Where the agent carries the SDKs of object stores. */
  readonly openObjectClient?: OpenObjectClient
  /** Where modules of probes of one's own are. Default: at their URL, on this machine. */
  readonly importModule?: ModuleImporter
  /** Started before anyone waits for it: then its start is no part of a cold start. Default false. */
  readonly startedAhead?: boolean
}

/** The program inside a function, without the platform around it. */
export interface Agent {
  /**
   * Runs one task to its end or its deadline.
   *
   * @returns one sample a direction; refusals and failures are samples too
   * @throws InputError `TASK_MALFORMED` when what came in is no task, so that not even a failed sample can be made of it
   */
  handle(task: Task, options?: { readonly signal?: AbortSignal }): Promise<AgentReply>
}

export function createAgent(config: AgentConfig, options: AgentOptions): Agent {
  const { probes, runProgram, importModule, startedAhead = false } = options
  // Minted by the first task, not at the start: an instance restored from a snapshot must not share it with its siblings.
  let instance: string | undefined
  // Asked for once: it stays the same for as long as the instance lives.
  let metadata: ReturnType<typeof collectMetadata> | undefined
  const admit = createTaskGate(config)
  // Since the start of the process: the runtime, and the loading of this bundle.
  const initMs = performance.now()
  return {
    async handle(task, { signal } = {}) {
      const receivedAt = monotonicNow()
      checkTaskShape(task)
      const coldStart = instance === undefined
      instance ??= process.getBuiltinModule('node:crypto').randomUUID()
      const secrets = secretsOf(task, config)
      const invocation: Invocation = { task, secrets, receivedAt, coldStart, ...(coldStart && !startedAhead && { initMs }) }
      const deadline = startDeadline(task.deadlineMs, signal)
      try {
        admit(task)
        invocation.instance = instance
        const code = await within(deadline.signal, resolveProbe(task.probe, probes, importModule))
        const hidden = knownSecrets(process.env, secrets)
        metadata ??= collectMetadata(process.env, deadline.signal, hidden)
        invocation.facts = collectFacts(process.env, hidden)
        const surroundings = {
          allowedTargets: config.allowedTargets,
          signal: deadline.signal,
          ...(runProgram && { runProgram }),
          ...(task.objects && { objects: objectsOf(task.objects, secrets, config, options) }),
        }
        return toReply(invocation, await measure(invocation, code, surroundings, metadata))
      } catch (error) {
        return toReply(invocation, { error })
      } finally {
        deadline.end()
      }
    },
  }
}

/** What no message may hold. Of a signed request its query is the secret. */
function secretsOf({ target, rendezvous, objects }: Task, { secret, credentials = {} }: AgentConfig): readonly (string | undefined)[] {
  const queries = objects?.requests?.map(({ url }) => URL.parse(url)?.search) ?? []
  return [secret, target.token, rendezvous.token, ...Object.values(credentials), ...queries]
}

const objectsOf = (
  work: ObjectWork,
  secrets: readonly (string | undefined)[],
  { credentials }: AgentConfig,
  { openObjectClient }: AgentOptions,
): NonNullable<CapabilitiesOptions['objects']> => ({
  work,
  secrets,
  ...(openObjectClient !== undefined && { openClient: openObjectClient }),
  ...(credentials !== undefined && { credentials }),
})

/**
 * Clock, preparation, rendezvous, start, probe: what comes after a task is accepted. Notes in `invocation` how far it got.
 * Every wait ends when the signal is aborted, whatever the probe does.
 */
async function measure(
  invocation: Invocation,
  code: ProbeCode<unknown, unknown>,
  surroundings: Omit<CapabilitiesOptions, 'clock'>,
  metadata: Promise<Readonly<Record<string, string>>>,
): Promise<readonly Measurement[]> {
  const { signal } = surroundings
  const { task } = invocation
  const { http: origin, token } = task.rendezvous
  const client = createHttpClient({ origin, ...(token !== undefined && { token }), signal })
  try {
    const clock = await clockOf(task, client, signal)
    invocation.clock = clock
    if (clock.peer !== undefined) invocation.facts = { ...invocation.facts, egress: clock.peer }
    const queue = task.work === undefined ? undefined : createWorkQueue(task.work, task, client)
    if (queue !== undefined) invocation.moved = queue.moved
    const capabilities = createCapabilities({ ...surroundings, clock, ...(queue !== undefined && { work: queue }) })
    const { instance } = invocation
    const context: ProbeContext<unknown> = {
      params: task.probe.params,
      direction: task.direction,
      target: task.target,
      capabilities,
      ...(instance !== undefined && { instance }),
    }
    const prepared = await within(signal, code.prepare?.(context))
    // Asked meanwhile: who does not answer costs the least time, and nothing is asked while the probe runs.
    invocation.facts = { ...invocation.facts, ...(await metadata) }
    if (task.work?.late !== true) invocation.startAtMs = await meet(client, task)
    if (queue === undefined) client.close()
    else await queue.takeFirst()
    const use = watchResources()
    if (invocation.startAtMs !== undefined) await waitForStart(invocation.startAtMs, clock, signal)
    invocation.ranAtMs = clock.now()
    try {
      return await within(signal, code.run(context, prepared))
    } finally {
      invocation.endedAtMs = clock.now()
      invocation.use = use()
    }
  } finally {
    client.close()
  }
}

/** Of a task that comes while its round is under way: on the busy path each reading takes long, and no common start hangs on it. */
const LATE_READINGS = 2

/** The rendezvous target's clock, and where the bytes go to another target how its clock stands to that. */
async function clockOf({ target, targetIndex, rendezvous, work }: Task, client: HttpClient, signal: AbortSignal): Promise<CommonClock> {
  const readings = work?.late === true ? LATE_READINGS : undefined
  const common = await measureClock(client, readings)
  if (targetIndex === 0 || target.http === rendezvous.http) return common
  const { http: origin, token } = target
  const other = createHttpClient({ origin, ...(token !== undefined && { token }), signal })
  try {
    return withTarget(common, await measureClock(other, readings))
  } finally {
    other.close()
  }
}
