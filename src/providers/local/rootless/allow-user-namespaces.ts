import { readFileSync } from 'node:fs'

/** Settings with which systems close user namespaces, and the value that closes them. */
const CLOSED_BY = [
  { setting: 'user.max_user_namespaces', closed: '0', open: '10000' },
  { setting: 'kernel.unprivileged_userns_clone', closed: '0', open: '1' }, // Debian
  { setting: 'kernel.apparmor_restrict_unprivileged_userns', closed: '1', open: '0' }, // Ubuntu
] as const

/** What to do on this machine so that user namespaces can be made. */
export function howToAllowUserNamespaces(): string {
  const commands = CLOSED_BY.filter(({ setting, closed }) => current(setting) === closed).map(({ setting, open }) => `${setting}=${open}`)
  return commands.length > 0 ? `Run \`sudo sysctl -w ${commands.join(' ')}\`.` : 'In a container, start it with --privileged.'
}

function current(setting: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${setting.replaceAll('.', '/')}`, 'utf8').trim()
  } catch {
    return undefined
  }
}
