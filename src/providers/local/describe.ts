import { availableParallelism, release } from 'node:os'
import type { ProviderDescription } from '../provider.ts'
import { requireDocker } from './docker/docker-host.ts'
import type { Settings } from './options.ts'
import { shapersOf, uplinkQueueMs } from './shaping.ts'
import type { TierChoice } from './tier-choice.ts'

/**
 * What the journal says about a lab.
 * @throws MeasurementError `PACKAGE_MISSING`, `DOCKER_REMOTE`, `DOCKER_UNREACHABLE` where the runner `docker` cannot work
 */
export function describeLab(settings: Settings, { tier, refused, cgroups }: TierChoice): ProviderDescription {
  const { sharing, uplinkBitsPerSecond, capBitsPerSecond, hosts, placement, vcpus } = settings
  const queueMs = tier === 'plain' ? undefined : uplinkQueueMs(settings) // there the queue is as long as there are connections
  const network =
    tier === 'plain' ? { topology: 'loopback' } : { congestionControl: 'cubic', topology: 'routed', qdiscs: shapersOf(sharing) }
  return {
    name: 'local',
    tier,
    ...(Object.keys(refused).length === 0 ? {} : { tiersRefused: refused }),
    environment: {
      kernel: release(),
      node: process.version,
      cores: availableParallelism(),
      ...network,
      sharing,
      ...(sharing === 'none' ? {} : { uplinkBitsPerSecond }),
      ...(capBitsPerSecond === undefined ? {} : { capBitsPerSecond }),
      ...(queueMs === undefined ? {} : { queueMs }),
      hosts,
      placement,
      ...(tier === 'privileged' && { vcpus }), // elsewhere nothing limits CPU
      cgroup: cgroups?.version ?? 'none',
      ...(settings.runner === 'docker' && { runner: 'docker', docker: requireDocker() }),
    },
  }
}
