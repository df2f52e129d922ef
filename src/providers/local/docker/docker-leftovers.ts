import { setTimeout as sleep } from 'node:timers/promises'
import { MeasurementError } from '../../../model/errors.ts'
import { removeContainer } from './container.ts'
import { imageOf, RUN_LABEL } from './container-options.ts'
import { answer, connect, type Daemon, statusOf } from './daemon.ts'

/** Killed containers go within this time. */
const REMOVAL_TIMEOUT_MS = 20_000

/**
 * Removes a run's containers and its image. Where the daemon is gone, the containers go when it starts again, since they remove
 * themselves; their processes must be killed by other means.
 *
 * @param socket - of the daemon that the run used
 * @returns what was removed
 * @throws MeasurementError `PACKAGE_MISSING`, `DOCKER_UNREACHABLE` (not for a daemon that is gone), `DOCKER_FAILED`
 */
export async function removeContainersOf(run: string, socket: string): Promise<string[]> {
  const daemon = await connect(socket)
  try {
    const containers = await removeAll(daemon, run)
    const image = await removeImage(daemon, run)
    return [...containers.map((id) => `container ${id.slice(0, 12)}`), ...image.map((name) => `image ${name}`)]
  } catch (error) {
    if (!isGone(error)) throw error
    return [`nothing at the Docker daemon, which is gone from ${socket}: image ${imageOf(run)} may remain there`]
  }
}

async function removeAll(daemon: Daemon, run: string): Promise<string[]> {
  const removed = new Set<string>()
  const deadline = performance.now() + REMOVAL_TIMEOUT_MS
  for (;;) {
    const filters = { label: [`${RUN_LABEL}=${run}`] }
    const left = await answer(daemon, 'list containers', daemon.client.listContainers({ all: true, filters }))
    if (left.length === 0) return [...removed]
    if (performance.now() > deadline) throw held(left.map(({ Id }) => Id))
    for (const { Id } of left) removed.add(Id)
    await Promise.all(left.map(({ Id }) => removeContainer(daemon, daemon.client.getContainer(Id))))
    await sleep(20)
  }
}

async function removeImage(daemon: Daemon, run: string): Promise<string[]> {
  const name = imageOf(run)
  try {
    await answer(daemon, `remove the image ${name}`, daemon.client.getImage(name).remove())
    return [name]
  } catch (error) {
    if (statusOf(error) === 404) return []
    throw error
  }
}

/** Nobody listens at its socket. */
function isGone(error: unknown): boolean {
  const { cause } = error as { readonly cause?: { readonly code?: unknown } }
  return ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(String(cause?.code))
}

function held(ids: readonly string[]): MeasurementError {
  return new MeasurementError('CLEANUP_INCOMPLETE', `Containers that the Docker daemon does not remove: ${ids.join(', ')}.`, {
    hint: 'See in its log why, then run `netfair cleanup --provider local`.',
  })
}
