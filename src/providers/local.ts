import { InputError } from '../model/errors.ts'
import type { CgroupPlace } from './local/cgroup-place.ts'
import { detectHost } from './local/detect-host.ts'
import { HOST } from './local/host-command.ts'
import { missingFor, requireHost } from './local/host-needs.ts'
import { Lab } from './local/lab.ts'
import { deadRuns, removeRun } from './local/leftovers.ts'
import { NamespaceNetwork } from './local/namespace-network.ts'
import { checkLocalOptions, type LocalOptions, type Settings } from './local/options.ts'
import { ProcessRunner } from './local/process-runner.ts'
import { newRunName } from './local/run-name.ts'
import { shapersOf, uplinkQueueMs } from './local/shaping.ts'
import type { CleanupOptions, DeployRequest, Provider, ProviderDescription } from './provider.ts'

export type { LocalOptions, Sharing } from './local/options.ts'

/**
 * Functions on this machine: sandboxes in network namespaces behind an uplink of known rate and known sharing, in both directions.
 * The ground truth for every verdict, without a cloud account. Needs Linux and root; goodput is rate × 1448 / 1514.
 *
 * A function has `vcpus × memoryMb / 3008` CPUs and `memoryMb` MiB, by cgroup. Cubic is pinned at both ends.
 *
 * @throws InputError `INVALID_OPTION`, `MISSING_OPTION`, `UNKNOWN_OPTION`, `NOT_YET_AVAILABLE`
 */
export function local(options: LocalOptions): Provider {
  const settings = checkLocalOptions(options)
  const labs = new Map<string, Lab>()
  return {
    name: 'local',
    options: { ...settings },
    exclusive: true,
    describe: () => describe(settings),
    // Without its network and its limits this tier cannot run at all, so both claims stand or fall together.
    supports: () => missingFor(settings.sharing, detectHost()).length === 0,
    cleanup,

    async startTarget(launch) {
      const place = requireHost(settings.sharing, detectHost())
      await cleanup().catch(() => {}) // what somebody else's run left behind does not disturb this one
      const lab = makeLab(settings, place)
      const running = await lab.start(launch)
      labs.set(launch.runId, lab)
      const dispose = async (): Promise<void> => {
        if (labs.get(launch.runId) === lab) labs.delete(launch.runId)
        await running[Symbol.asyncDispose]()
      }
      return { target: running.target, control: running.control, [Symbol.asyncDispose]: dispose }
    },

    async deploy(request) {
      const lab = labs.get(request.runId)
      if (lab === undefined) throw noTarget(request)
      return lab.deploy(request)
    },
  }
}

function makeLab(settings: Settings, groups: CgroupPlace): Lab {
  const run = newRunName()
  const network = new NamespaceNetwork(run, settings, HOST)
  return new Lab(run, settings, { network, runner: new ProcessRunner(run, settings, { ground: HOST, groups }) })
}

/** @throws MeasurementError `HOST_UNSUITABLE` */
function describe(settings: Settings): ProviderDescription {
  const host = detectHost()
  const { version } = requireHost(settings.sharing, host)
  const { sharing, uplinkBitsPerSecond, capBitsPerSecond, hosts, placement, vcpus } = settings
  const queueMs = uplinkQueueMs(settings)
  return {
    name: 'local',
    tier: 'privileged',
    environment: {
      kernel: host.kernel,
      node: process.version,
      cores: host.cores,
      congestionControl: 'cubic',
      topology: 'routed',
      sharing,
      ...(sharing === 'none' ? {} : { uplinkBitsPerSecond }),
      ...(capBitsPerSecond === undefined ? {} : { capBitsPerSecond }),
      ...(queueMs === undefined ? {} : { queueMs }),
      qdiscs: shapersOf(sharing),
      hosts,
      placement,
      vcpus,
      cgroup: version,
    },
  }
}

async function cleanup({ olderThanMs = 0 }: CleanupOptions = {}): Promise<string[]> {
  const runs = deadRuns(olderThanMs)
  const outcomes = await Promise.allSettled(runs.map(removeRun))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []))
}

function noTarget({ runId }: DeployRequest): InputError {
  return new InputError(
    'NO_LAB',
    `local(): deploy() for run "${runId}" before startTarget(): there is no uplink to put functions behind.`,
    {
      hint: 'Call startTarget() with the same runId first.',
    },
  )
}
