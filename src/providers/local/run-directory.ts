import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MeasurementError } from '../../model/errors.ts'

/** The kernel's limit for the path of a Unix socket. */
const MAX_SOCKET_BYTES = 107

/** Where a run keeps its temporary files. */
export const directoryOf = (run: string): string => join(tmpdir(), run)

/** @throws MeasurementError `HOST_UNSUITABLE` where it cannot be made */
export function makeRunDirectory(run: string): string {
  const directory = directoryOf(run)
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (cause) {
    throw unsuitable('cannot be written to', 'Set TMPDIR to a directory that this user may write to.', cause)
  }
  return directory
}

/**
 * Where this process reaches a target that is in another network namespace.
 * @throws MeasurementError `HOST_UNSUITABLE` where the path is too long for a Unix socket
 */
export function controlSocketOf(run: string): string {
  const path = join(directoryOf(run), 'target.sock')
  const tooMany = Buffer.byteLength(path) - MAX_SOCKET_BYTES
  if (tooMany <= 0) return path
  throw unsuitable(`is ${tooMany} bytes too long for the path of a Unix socket in it`, 'Set TMPDIR to a shorter path, for example /tmp.')
}

function unsuitable(what: string, hint: string, cause?: unknown): MeasurementError {
  return new MeasurementError('HOST_UNSUITABLE', `The temporary directory ${tmpdir()} ${what}.`, {
    hint,
    ...(cause !== undefined && { cause }),
  })
}
