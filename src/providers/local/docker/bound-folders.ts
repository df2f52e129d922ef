import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where a system keeps its programs and libraries, with what finds them. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/nix', '/etc/alternatives', '/etc/ld.so.cache']
/** Not to be covered by anything of ours. */
const TAKEN = new Set(['/', '/tmp', '/etc', '/proc', '/sys', '/dev'])

/**
 * What a container needs of this machine's file system, each at its own path: the system, node, and the packages around files.
 * @param files - absolute paths of the agent and of probe modules
 */
export function boundFolders(files: readonly string[]): string[] {
  const wanted = [...SYSTEM.filter((path) => existsSync(path)), dirname(process.execPath), ...files.map(packageAround)]
  const all = [...new Set(wanted)]
  return all.filter((path) => !all.some((other) => path.startsWith(`${other}/`)))
}

/** The outermost package, so that linked packages of a workspace are found, too; the file's own folder where there is none. */
function packageAround(file: string): string {
  const ancestors: string[] = []
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) ancestors.unshift(folder)
  const packages = ancestors.filter((folder) => existsSync(join(folder, 'package.json')))
  return [...packages, dirname(file)].find((folder) => !TAKEN.has(folder)) ?? file
}
