import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CgroupPlace, cgroupPlaces } from '../../../src/providers/local/cgroup-place.ts'
import type { LocalOptions } from '../../../src/providers/local.ts'
import { type Unprivileged, unprivileged } from './unprivileged.ts'

interface Said {
  readonly tier?: string
  readonly tiersRefused?: Readonly<Record<string, string>>
  readonly claims: readonly string[]
  readonly failure?: { readonly code: string; readonly message: string; readonly hint: string }
}

const fixture = 'test/providers/local/fixtures/describe.mjs'
let user: Unprivileged
beforeAll(() => {
  user = unprivileged()
})
afterAll(() => user[Symbol.dispose]())

/** What the provider says in a process of its own, after the machine was made poorer for it alone. */
function asRoot(change: string, { path = '', ...options }: Partial<LocalOptions> & { path?: string } = {}): Said {
  const program = `${change}\nexec "$@"`
  const node = [process.execPath, fileURLToPath(new URL('fixtures/describe.mjs', import.meta.url))]
  const env = { ...process.env, PATH: `${path}:${process.env['PATH']}` }
  const args = ['--mount', 'sh', '-ec', program, 'sh', ...node, JSON.stringify(options)]
  return JSON.parse(execFileSync('unshare', args, { encoding: 'utf8', env })) as Said
}

function asUser(change: string, options: Partial<LocalOptions> = {}): Said {
  const [program, ...args] = user.command([user.path(fixture), JSON.stringify(options)], change)
  return JSON.parse(execFileSync(program, args, { encoding: 'utf8' })) as Said
}

/** For programs of more than one name for the same file. */
const hide = (program: string): string =>
  `for file in /usr/sbin/${program} /usr/bin/${program}; do test ! -e $file || mount --bind /dev/null $file; done`
const readOnly = (path: string): string => `mount -o remount,bind,ro ${path} 2>/dev/null || mount --bind -o ro ${path} ${path}`
const groupMounts = [...new Set(cgroupPlaces().flatMap(({ cpu, memory }) => [cpu, memory]))]
const hideGroups = 'umount -R /sys/fs/cgroup'

test('a whole machine is used whole', () => {
  expect(asRoot(':')).toEqual({ tier: 'privileged', claims: ['network-isolation', 'memory-effects'] })
})

test.each([
  ['are not there', hideGroups, 'no mounted hierarchy'],
  ['cannot be written', groupMounts.map(readOnly).join('\n'), 'read-only'],
])('where cgroups %s root gets the network, without limits', (_, change, evidence) => {
  expect(asRoot(change)).toEqual({
    tier: 'rootless',
    tiersRefused: { privileged: expect.stringMatching(new RegExp(`^cgroups \\(.*${evidence}`)) },
    claims: ['network-isolation'],
  })
  expect(asRoot(change, { tier: 'privileged' })).toEqual({
    claims: [],
    failure: {
      code: 'HOST_UNSUITABLE',
      message: expect.stringContaining(evidence),
      hint: expect.stringContaining('with the controllers cpu and memory'),
    },
  })
})

test('where a quota is refused, by a limit above it, root gets the network, without limits', () => {
  const { cpu, version } = cgroupPlaces()[0] as CgroupPlace
  const above = join(cpu, `above-${process.pid}`)
  mkdirSync(above)
  try {
    if (version === 'v1') writeFileSync(join(above, 'cpu.cfs_quota_us'), '5000')
    expect(asRoot(`mount --bind ${above} ${cpu}`)).toMatchObject({
      tier: 'rootless',
      tiersRefused: {
        privileged: expect.stringMatching(version === 'v1' ? /cgroups \(.*cpu\.cfs_quota_us holds "-1" after "8500"/ : /cgroups/),
      },
    })
  } finally {
    rmdirSync(above)
  }
})

test.each([
  ['tc', 'apt-get install -y iproute2'],
  ['ip', 'apt-get install -y iproute2'],
  ['nsenter', 'apt-get install -y util-linux'],
])('without %s only plain processes are left, and the missing program and its package are named', (program, command) => {
  const missing = expect.stringContaining(`${program} (no program ${program} on the PATH)`)
  expect(asRoot(hide(program))).toEqual({ tier: 'plain', tiersRefused: { privileged: missing, rootless: missing }, claims: [] })
  expect(asRoot(hide(program), { tier: 'rootless' })).toEqual({
    claims: [],
    failure: { code: 'HOST_UNSUITABLE', message: missing, hint: expect.stringContaining(command) },
  })
})

test('a kernel without htb can do fifo but not fair', () => {
  const path = mkdtempSync(join(tmpdir(), 'no-htb-'))
  try {
    const real = execFileSync('sh', ['-c', 'command -v tc'], { encoding: 'utf8' }).trim()
    const lines = [
      '#!/bin/sh',
      'lines=$(cat)',
      'case "$lines" in *htb*) echo "Error: Specified qdisc kind is unknown." >&2; exit 2;; esac',
      `echo "$lines" | exec ${real} "$@"`,
    ]
    writeFileSync(join(path, 'tc'), lines.join('\n'))
    chmodSync(join(path, 'tc'), 0o755)
    expect(asRoot(':', { path })).toMatchObject({ tier: 'privileged' })
    const refusal = 'htb (Error: Specified qdisc kind is unknown.)'
    expect(asRoot(':', { path, sharing: 'fair' })).toMatchObject({
      tier: 'plain',
      tiersRefused: { privileged: refusal, rootless: refusal },
    })
    expect(asRoot(':', { path, sharing: 'fair', tier: 'privileged' }).failure?.hint).toContain('another sharing policy')
  } finally {
    rmSync(path, { recursive: true })
  }
})

describe('another user than root', () => {
  test('gets the network, and is told why no more', () => {
    expect(asUser(':')).toEqual({
      tier: 'rootless',
      tiersRefused: { privileged: 'root (this is user 65534)' },
      claims: ['network-isolation'],
    })
    expect(asUser(':', { tier: 'privileged' }).failure).toMatchObject({ code: 'HOST_UNSUITABLE', hint: expect.stringContaining('as root') })
  })

  test('has no containers, and is told which runner to take instead', () => {
    const { claims, failure } = asUser(':', { runner: 'docker' })
    expect(claims).toEqual([])
    expect(failure?.hint).toMatch(/^Run as root\. Or take the runner "process", without "tier": the best/)
  })

  test.each([
    ['is there', ':'],
    ['is not', 'mount -t tmpfs none /run && mkdir /run/own && touch /run/file && ln -s file /run/link'],
  ])('also where /run/netns %s', (_, change) => {
    expect(asUser(change).tier).toBe('rootless')
  })

  test('where user namespaces are closed only plain processes are left', () => {
    // Nobody but root of a user namespace can close them for its own part of the machine.
    const closed = 'unshare -Ur sh -ec \'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"\' sh'
    const [program, ...args] = user.command([user.path(fixture), '{}'])
    const said = JSON.parse(execFileSync(program, insert(args, closed), { encoding: 'utf8' })) as Said
    expect(said).toEqual({
      tier: 'plain',
      tiersRefused: {
        privileged: expect.stringContaining('namespaces (mount --make-shared /run/netns failed: Operation not permitted'),
        rootless: expect.stringContaining('userNamespace (unshare: unshare failed: No space left on device)'),
      },
      claims: [],
    })
  })

  /** Puts the line after the change of user. */
  function insert(args: readonly string[], line: string): string[] {
    const at = args.indexOf('--clear-groups') + 1
    return [...args.slice(0, at), 'sh', '-ec', `exec ${line} "$@"`, 'sh', ...args.slice(at)]
  }
})
