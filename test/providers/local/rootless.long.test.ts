import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { local } from '../../../src/providers/local.ts'
import { jain } from './lab.ts'
import { NOBODY, type Unprivileged, unprivileged } from './unprivileged.ts'

/** Runs of a user without rights. Only this file makes such runs by the library: the next one removes what a killed one left behind. */
const fixture = (name: string): string => user.path(`test/providers/local/fixtures/${name}.mjs`)
let user: Unprivileged
beforeAll(() => {
  user = unprivileged()
})
afterAll(() => user[Symbol.dispose]())

/** What exists of the runs of one process: files, and processes with their name, whoever owns them. */
function tracesOf(pid: number): string[] {
  const prefix = `netfair-${pid}-`
  const files = readdirSync(tmpdir()).filter((name) => name.startsWith(prefix))
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(`NETFAIR_RUN=${prefix}`))
  return [...files, ...processes.map((number) => `process ${number} ${readlinkOf(number)}`)]
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}

function readlinkOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return ''
  }
}

interface Measured {
  readonly tier: string
  readonly cgroup: string
  readonly variables: readonly string[]
  readonly run: readonly string[]
  readonly rates: { readonly download: readonly number[]; readonly upload: readonly number[] }
}

function measure(options: object, change?: string): Measured {
  const [program, ...args] = user.command([fixture('measure'), JSON.stringify(options)], change)
  return JSON.parse(execFileSync(program, args, { encoding: 'utf8' })) as Measured
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const goodput = 1448 / 1514

describe('the network is that of root', () => {
  test('fair: equal shares of the uplink', () => {
    const { tier, cgroup, variables, rates } = measure({ sharing: 'fair', uplinkBitsPerSecond: 40e6 })
    expect([tier, cgroup]).toEqual(['rootless', 'none'])
    expect(variables.toSorted()).toEqual(['NETFAIR_AGENT', 'NETFAIR_RUN', 'PATH'])
    expect(sum(rates.download) / (40e6 * goodput)).toBeGreaterThan(0.9)
    expect(sum(rates.download) / (40e6 * goodput)).toBeLessThan(1.1)
    expect(jain(rates.download)).toBeGreaterThan(0.98)
    expect(sum(rates.upload) / (40e6 * goodput)).toBeGreaterThan(0.9)
  })

  test('capped: each its own limit; /run keeps its entries where /run/netns has to be made', () => {
    const change = 'mount -t tmpfs none /run && mkdir /run/own && touch /run/file && ln -s file /run/link'
    const { run, rates } = measure({ sharing: 'capped', uplinkBitsPerSecond: 100e6, capBitsPerSecond: 10e6 }, change)
    for (const rate of [...rates.download, ...rates.upload]) expect(Math.abs(rate / (10e6 * goodput) - 1)).toBeLessThan(0.1)
    expect(run).toEqual(expect.arrayContaining(['file', 'link', 'netns', 'own']))
  })
})

describe('nothing is left behind', () => {
  const started: ChildProcess[] = []
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL')
  })

  async function start({ act, options = {} }: { act?: string; options?: object } = {}): Promise<ChildProcess & { readonly pid: number }> {
    const [program, ...args] = user.command([fixture('owner')])
    const env = { ...process.env, OPTIONS: JSON.stringify(options), ...(act === undefined ? {} : { ACT: act }) }
    const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'inherit'] })
    started.push(child)
    const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`owner ended with ${code}`)))
    await Promise.race([once(child.stdout, 'data'), ended])
    ended.catch(() => {})
    return child as ChildProcess & { readonly pid: number }
  }

  async function kill(child: ChildProcess): Promise<void> {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  const gone = (pid: number): Promise<void> =>
    expect
      .poll(() => tracesOf(pid), { timeout: 5000 })
      .toEqual([])
      .then(() => undefined)

  /** As the user; what was removed. */
  function cleanUp(): string {
    const script = `const { local } = await import('${user.path('src/providers/local.ts')}'); console.log((await local({ sharing: 'none' }).cleanup()).join('\\n'))`
    const [program, ...args] = user.command(['--input-type=module', '-e', script])
    return execFileSync(program, args, { encoding: 'utf8' })
  }

  test('after success, though agents are in a busy loop', async () => {
    const child = await start({ act: 'spin' })
    expect(tracesOf(child.pid).length).toBeGreaterThan(5)
    expect(statSync(`${tmpdir()}/${tracesOf(child.pid)[0]}`).uid).toBe(NOBODY)
    const ended = once(child, 'exit')
    child.stdin?.write('end\n')
    expect(await ended).toEqual([0, null])
    expect(tracesOf(child.pid)).toEqual([])
  })

  test('after an error: the user namespace goes in the middle', async () => {
    const child = await start()
    const holder = tracesOf(child.pid).find((trace) => trace.endsWith(' cat'))
    process.kill(Number(holder?.split(' ')[1]), 'SIGKILL')
    const ended = once(child, 'exit')
    child.stdin?.write('end\n')
    expect(await ended).toEqual([0, null])
    expect(tracesOf(child.pid)).toEqual([])
  })

  test('after kill -9 and a cleanup; a live run and other users are left alone', async () => {
    const killed = await start({ act: 'spin' })
    const live = await start()
    const before = tracesOf(live.pid)
    expect(cleanUp()).not.toContain(`netfair-${killed.pid}-`)
    await kill(killed)
    await local({ sharing: 'none' }).cleanup() // as root
    expect(tracesOf(killed.pid)).not.toEqual([])
    expect(cleanUp()).toContain(`netfair-${killed.pid}-`)
    await gone(killed.pid)
    expect(tracesOf(live.pid)).toEqual(before)
    await kill(live)
    cleanUp()
    await gone(live.pid)
  })

  test('after kill -9 and the next start', async () => {
    const child = await start({ act: 'spin' })
    await kill(child)
    expect(tracesOf(child.pid)).not.toEqual([])
    const next = await start()
    await gone(child.pid)
    next.stdin?.write('end\n')
    await once(next, 'exit')
    expect(tracesOf(next.pid)).toEqual([])
  })
})
