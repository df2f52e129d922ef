import { Readable } from 'node:stream'
import { imageOf, RUN_LABEL } from './container-options.ts'
import { answer, type Daemon } from './daemon.ts'

/** A tar archive without files: two blocks of zeros. */
const EMPTY_TAR = Buffer.alloc(1024)

/**
 * Makes a run's image, which needs no network. Each run has its own, so that none takes another's away.
 * @throws MeasurementError `DOCKER_UNREACHABLE`, `DOCKER_FAILED`
 */
export async function makeEmptyImage(daemon: Daemon, run: string): Promise<void> {
  const [repo, tag] = imageOf(run).split(':')
  const changes = [`LABEL ${RUN_LABEL}=${run}`]
  const imported = daemon.client.importImage(Readable.from([EMPTY_TAR]), { repo, tag, changes })
  await answer(
    daemon,
    'import an empty image',
    imported.then((progress) => finished(daemon, progress)),
  )
}

function finished({ client }: Daemon, progress: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    client.modem.followProgress(progress, (error) => (error ? reject(error) : resolve()))
  })
}
