import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { cgroupPlaces } from '../../../src/providers/local/cgroup-place.ts'
import { detectHost } from '../../../src/providers/local/detect-host.ts'
import { tracesOf } from './lab.ts'

interface Said {
  readonly claims: readonly boolean[]
  readonly described?: { readonly code: string; readonly message: string; readonly hint: string }
  readonly started?: { readonly code: string; readonly message: string }
}

const node = `${process.execPath} ${fileURLToPath(new URL('fixtures/describe.mjs', import.meta.url))}`

/** What the provider says in a process of its own, after the machine was made poorer for it alone. */
function describeAfter(change: string, { sharing = 'fifo', path = '' } = {}): Said {
  const program = `${change}\nexec ${node} ${sharing}`
  const said = execFileSync('unshare', ['--mount', 'sh', '-ec', program], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${path}:${process.env['PATH']}` },
  })
  return JSON.parse(said) as Said
}

/** Where a program is, for programs of more than one name for the same file. */
const hide = (program: string): string =>
  `for file in /usr/sbin/${program} /usr/bin/${program}; do test ! -e $file || mount --bind /dev/null $file; done`

test('everything is tried here, with evidence, and nothing of it remains', () => {
  const { capabilities, cgroups, cores } = detectHost()
  for (const [name, { works, evidence }] of Object.entries(capabilities))
    expect([name, works, evidence.length > 0]).toEqual([name, true, true])
  expect(cores).toBeGreaterThan(0)
  expect(cgroups?.version).toMatch(/^v[12]$/)
  expect(tracesOf(process.pid)).toEqual([])
})

test('the machine is looked at once', () => {
  expect(detectHost()).toBe(detectHost())
})

test('a whole machine has nothing to complain about', () => {
  expect(describeAfter(':')).toEqual({ claims: [true, true] })
})

test.each([
  ['tc', 'apt-get install -y iproute2'],
  ['ip', 'apt-get install -y iproute2'],
  ['nsenter', 'apt-get install -y util-linux'],
])('without %s it names the program and the command that adds it', (program, command) => {
  const { claims, described, started } = describeAfter(hide(program))
  expect(claims).toEqual([false, false])
  expect(described).toMatchObject({
    code: 'HOST_UNSUITABLE',
    message: expect.stringContaining(`no program ${program}`),
    hint: expect.stringContaining(command),
  })
  expect(started).toEqual(described)
})

test('without a writable cgroup it says so', () => {
  const mounts = [...new Set(cgroupPlaces().flatMap(({ cpu, memory }) => [cpu, memory]))]
  const { described } = describeAfter(
    mounts.map((path) => `mount -o remount,bind,ro ${path} 2>/dev/null || mount --bind -o ro ${path} ${path}`).join('\n'),
  )
  expect(described).toMatchObject({
    code: 'HOST_UNSUITABLE',
    message: expect.stringMatching(/cgroups \(.*read-only/),
    hint: expect.stringContaining('--privileged'),
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
    expect(describeAfter(':', { path })).toEqual({ claims: [true, true] })
    expect(describeAfter(':', { path, sharing: 'fair' }).described).toMatchObject({
      code: 'HOST_UNSUITABLE',
      message: expect.stringContaining('htb (Error: Specified qdisc kind is unknown.)'),
      hint: expect.stringContaining('another sharing policy'),
    })
  } finally {
    rmSync(path, { recursive: true })
  }
})

test('another user than root is told to be root', () => {
  const said = JSON.parse(execFileSync('setpriv', ['--reuid=65534', '--clear-groups', ...node.split(' ')], { encoding: 'utf8' })) as Said
  expect(said.claims).toEqual([false, false])
  expect(said.described).toMatchObject({
    code: 'HOST_UNSUITABLE',
    message: expect.stringContaining('root ('),
    hint: expect.stringContaining('as root'),
  })
})
