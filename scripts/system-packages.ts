/**
 * Makes sure that the programs named on the command line are there: as root on a machine with apt it installs their Debian packages
 * and says so, elsewhere it says what is missing and the command that adds it, and exits 1 (with --optional: 0).
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const packageOf: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  tc: 'iproute2',
  nsenter: 'util-linux',
  iperf3: 'iperf3',
  curl: 'curl',
  nginx: 'nginx-light',
  openssl: 'openssl',
  dockerd: 'docker.io',
  libtoolize: 'libtool',
  ceph: 'ceph-common',
}

const optional = process.argv.includes('--optional')
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const missing = wanted.filter((program) => !isInstalled(program))
const packages = [...new Set(missing.map((program) => packageOf[program] ?? program))]
const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`

if (packages.length > 0) {
  if (process.getuid?.() === 0 && isInstalled('apt-get')) install()
  else giveUp(`Missing: ${missing.join(', ')}. Add ${packages.length > 1 ? 'them' : 'it'} with: sudo ${command}`)
}

function install(): void {
  console.log(`Installing Debian packages for ${missing.join(', ')}: ${packages.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const [program = '', ...rest] = command.split(' ')
  const attempt = () => spawnSync(program, rest, { env, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
  // The package lists may be missing or old.
  if (attempt()) return
  spawnSync('apt-get', ['update', '-qq'], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  if (!attempt()) giveUp(`Could not install. Try: ${command}`)
}

function giveUp(message: string): void {
  console.error(message)
  process.exitCode = optional ? 0 : 1
}

function isInstalled(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => existsSync(join(folder, program)))
}
