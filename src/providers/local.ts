import { availableParallelism, totalmem } from 'node:os'
import { InputError } from '../model/errors.ts'
import { describeLab } from './local/describe.ts'
import { DockerRunner } from './local/docker/docker-runner.ts'
import { HOST } from './local/host-command.ts'
import { Lab, type LabParts } from './local/lab.ts'
import { deadRuns, removeRun } from './local/leftovers.ts'
import { NamespaceNetwork } from './local/namespace-network.ts'
import { checkLocalOptions, type LocalOptions, type Settings } from './local/options.ts'
import { PlainNetwork } from './local/plain/plain-network.ts'
import { PlainRunner } from './local/plain/plain-runner.ts'
import { ProcessRunner } from './local/process-runner.ts'
import { UserNamespace } from './local/rootless/user-namespace.ts'
import { newRunName } from './local/run-name.ts'
import { checkDeployment } from './local/sandbox-limits.ts'
import { settleAll } from './local/settle-all.ts'
import { chooseTier, type TierChoice } from './local/tier-choice.ts'
import type { TierFinding } from './local/tier-finding.ts'
import { findTiers, supportedBy } from './local/tier-findings.ts'
import type { CleanupOptions, Demand, DeployRequest, Provider, TargetLaunch, TargetPlace } from './provider.ts'

export type { LocalOptions, Sharing } from './local/options.ts'
export type { TierFinding } from './local/tier-finding.ts'

/** What {@link local} makes. */
export interface LocalProvider extends Provider {
  /** Its own: an experiment names none. */
  readonly targetPlace: TargetPlace
  /** All tiers, best first, also those that no run of these options would take. */
  tiers(): readonly TierFinding[]
}

/**
 * Functions on this machine: sandboxes in network namespaces behind an uplink of known rate and known sharing, in both directions.
 * The ground truth for every verdict, without a cloud account. Goodput is rate × 1448 / 1514.
 *
 * With root on Linux (tier `privileged`) a function has `vcpus × memoryMb / 3008` CPUs and `memoryMb` MiB, by cgroup. Without root
 * (`rootless`) the network is the same and nothing limits CPU and memory. Elsewhere (`plain`) functions are processes on loopback, and
 * every verdict about the network is withheld. Cubic is pinned at both ends, except in `plain`.
 *
 * @throws InputError `INVALID_OPTION`, `MISSING_OPTION`, `UNKNOWN_OPTION`
 */
export function local(options: LocalOptions): LocalProvider {
  const settings = checkLocalOptions(options)
  const labs = new Map<string, Lab>()
  return {
    name: 'local',
    options: { ...settings },
    exclusive: true,
    targetPlace: { start: (launch) => startLab(labs, settings, launch) },
    supports: (claim) => supportedBy(settings).includes(claim),
    tiers: () => findTiers(settings),
    cleanup,

    async check(demand = {}) {
      checkDemand(settings, demand)
      return describeLab(settings, chooseTier(settings))
    },

    async deploy(request) {
      const lab = labs.get(request.runId)
      if (lab === undefined) throw noTarget(request)
      return lab.deploy(request)
    },
  }
}

function checkDemand(settings: Settings, { memoryMb = [], concurrency = 1, signal }: Demand): void {
  signal?.throwIfAborted()
  const machine = { cores: availableParallelism(), memoryBytes: totalmem() }
  for (const size of memoryMb) checkDeployment(size, concurrency, settings, machine)
}

/** A lab with its target, kept in `labs` until it is disposed. */
async function startLab(labs: Map<string, Lab>, settings: Settings, launch: TargetLaunch): ReturnType<TargetPlace['start']> {
  const choice = chooseTier(settings)
  await cleanup().catch(() => {}) // what somebody else's run left behind does not disturb this one
  const lab = makeLab(settings, choice)
  const running = await lab.start(launch)
  labs.set(launch.runId, lab)
  const dispose = async (): Promise<void> => {
    if (labs.get(launch.runId) === lab) labs.delete(launch.runId)
    await running[Symbol.asyncDispose]()
  }
  return { ...running, [Symbol.asyncDispose]: dispose }
}

function makeLab(settings: Settings, choice: TierChoice): Lab {
  const run = newRunName()
  return new Lab(run, settings, partsOf(run, settings, choice))
}

/** What a tier and a runner make a lab of. */
function partsOf(run: string, settings: Settings, { tier, cgroups }: TierChoice): LabParts {
  if (tier === 'plain') return { network: new PlainNetwork(run, settings), runner: new PlainRunner(run) }
  const ground = tier === 'rootless' ? new UserNamespace(run) : HOST
  const network = new NamespaceNetwork(run, settings, ground)
  if (settings.runner === 'docker') return { network, runner: new DockerRunner(run, settings) }
  return { ground, network, runner: new ProcessRunner(run, settings, { ground, ...(cgroups !== undefined && { groups: cgroups }) }) }
}

async function cleanup({ olderThanMs = 0 }: CleanupOptions = {}): Promise<string[]> {
  return (await settleAll(deadRuns(olderThanMs).map(removeRun))).flat()
}

function noTarget({ runId }: DeployRequest): InputError {
  return new InputError(
    'NO_LAB',
    `local(): deploy() for run "${runId}" before targetPlace.start(): there is no uplink to put functions behind.`,
    {
      hint: 'Start its target with the same runId first.',
    },
  )
}
