import { chmodSync, mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const NOBODY = 65534
const checkout = fileURLToPath(new URL('../../..', import.meta.url))

/** The checkout at a place that every user can read, and how to run its programs as a user without rights. */
export interface Unprivileged extends Disposable {
  /** A file of the checkout there. */
  path(file: string): string
  /**
   * A command of one process to the end, in mounts of its own.
   * @param change - lines of shell before it, still as root
   */
  command(args: readonly string[], change?: string): [string, ...string[]]
}

export function unprivileged(): Unprivileged {
  const place = mkdtempSync(join(tmpdir(), 'checkout-'))
  chmodSync(place, 0o755)
  const user = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']
  return {
    path: (file) => join(place, file),
    command: (args, change = ':') => {
      const program = `mount --bind ${checkout} ${place}\n${change}\ncd /\nexec "$@"`
      return ['unshare', '--mount', 'sh', '-ec', program, 'sh', ...user, join(place, 'node_modules/node/bin/node'), ...args]
    },
    [Symbol.dispose]: () => rmdirSync(place),
  }
}
