import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { local } from '../../../src/providers/local.ts'
import { deployRequest, launch, TestLab, taskFor, tracesOf } from './lab.ts'

const options = { sharing: 'capped', uplinkBitsPerSecond: 100e6, capBitsPerSecond: 20e6 } as const

afterEach(() => {
  expect(tracesOf(process.pid)).toEqual([])
})

describe('a fault while the lab is built leaves nothing behind', () => {
  /** Real programs, but the k-th call of all of them fails. */
  function faultyPath(failing: number): { readonly path: string; calls(): number; remove(): void } {
    const path = mkdtempSync(join(tmpdir(), 'fault-'))
    const calls = join(path, 'calls')
    writeFileSync(calls, '')
    for (const program of ['ip', 'tc', 'nsenter', 'unshare', 'mount']) {
      const real = execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim()
      const lines = [
        '#!/bin/sh',
        `exec 9> ${path}/lock && flock 9 && echo >> ${calls} && number=$(wc -l < ${calls})`,
        'exec 9>&-',
        `if [ "$number" = ${failing} ]; then echo injected >&2; exit 1; fi`,
        `exec ${real} "$@"`,
      ]
      writeFileSync(join(path, program), lines.join('\n'))
      chmodSync(join(path, program), 0o755)
    }
    return { path, calls: () => readFileSync(calls, 'utf8').length, remove: () => rmSync(path, { recursive: true }) }
  }

  /** Builds hosts and sandboxes; how many calls of programs that took. */
  async function build(failing: number, tier: 'privileged' | 'rootless'): Promise<number> {
    await local({ ...options, tier }).check() // the machine is looked at once, before any fault
    const faulty = faultyPath(failing)
    const path = process.env['PATH']
    process.env['PATH'] = `${faulty.path}:${path}`
    try {
      await using lab = await TestLab.start({ ...options, tier })
      const calls = faulty.calls()
      await lab.act({ act: 'echo' })
      return calls
    } finally {
      process.env['PATH'] = path
      faulty.remove()
    }
  }

  test.each([['privileged'], ['rootless']] as const)(
    'at every call of a program, %s',
    async (tier) => {
      const calls = await build(0, tier)
      expect(calls).toBeGreaterThan(10)
      for (let failing = 1; failing <= calls; failing++) {
        await expect(build(failing, tier), `call ${failing}`).rejects.toMatchObject({
          name: 'MeasurementError',
          message: expect.stringContaining('injected'),
        })
        expect(tracesOf(process.pid), `after call ${failing}`).toEqual([])
      }
    },
    60_000,
  )

  test('when the target does not start', async () => {
    await expect(local(options).targetPlace.start(launch({ host: 'broken' }))).rejects.toMatchObject({ code: 'TARGET_FAILED' })
  })

  test('when an agent breaks', async () => {
    await using running = await local(options).targetPlace.start(launch())
    expect(running?.target.token).toBe('fixture-token')
    await expect(TestLab.start(options, { concurrency: 3, secret: 'broken' })).rejects.toMatchObject({
      code: 'AGENT_DIED',
      message: expect.stringContaining('the fixture is [secret]'), // its secret is "broken"
    })
  })

  test('when the run is aborted', async () => {
    const controller = new AbortController()
    const provider = local(options)
    await using _running = await provider.targetPlace.start(launch())
    const deployment = provider.deploy(deployRequest({ secret: 'never-ready', concurrency: 2, signal: controller.signal }))
    setTimeout(() => controller.abort(), 300)
    await expect(deployment).rejects.toMatchObject({ code: 'RUN_ABORTED' })
    await expect(local(options).targetPlace.start(launch({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: 'RUN_ABORTED' })
  })

  test('when it is disposed in the middle of a deployment', async () => {
    const provider = local(options)
    const running = await provider.targetPlace.start(launch())
    const deployment = expect(provider.deploy(deployRequest({ secret: 'never-ready', concurrency: 2 }))).rejects.toMatchObject({
      code: 'RUN_ABORTED',
    })
    await running?.[Symbol.asyncDispose]()
    await deployment
  })
})

test('an uplink or a whole host that has gone holds nothing up', async () => {
  await using lab = await TestLab.start(options, { concurrency: 2 })
  const host = readdirSync('/run/netns').find((name) => name.startsWith(`netfair-${process.pid}-`) && name.endsWith('-h0')) ?? ''
  execFileSync('ip', ['-n', host, 'link', 'del', 'up0'])
  execFileSync('ip', ['netns', 'del', host])
  await lab.deployment[Symbol.asyncDispose]()
})

test('disposing twice, and with a task under way, is fine', async () => {
  const lab = await TestLab.start(options)
  const task = expect(lab.deployment.invoke(taskFor({ act: 'spin' }), { repetition: 0 })).rejects.toMatchObject({ code: 'DEPLOYMENT_GONE' })
  await Promise.all([lab[Symbol.asyncDispose](), lab[Symbol.asyncDispose]()])
  await task
  await lab[Symbol.asyncDispose]()
})

test.each(['privileged', 'rootless', 'plain'] as const)('an agent that leaves a program with its output open, %s', async (tier) => {
  await using lab = await TestLab.start({ ...options, tier })
  await expect(lab.act({ act: 'leave' })).rejects.toMatchObject({ code: 'AGENT_DIED' })
  expect(await lab.act({ act: 'echo' })).toHaveProperty('config')
})

test('an interruption while the machine is looked at leaves no scratch namespace', async () => {
  const scratchOf = (pid = -1): string[] => readdirSync('/run/netns').filter((name) => name.startsWith(`netfair-${pid}-`))
  const describeHost = fileURLToPath(new URL('fixtures/describe.mjs', import.meta.url))
  const child = spawn(process.execPath, [describeHost], { stdio: 'ignore', detached: true })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  await expect.poll(() => scratchOf(child.pid), { timeout: 20_000, interval: 1 }).not.toEqual([])
  process.kill(-(child.pid ?? 0), 'SIGINT') // as a terminal does: to the whole group
  await ended
  await expect.poll(() => scratchOf(child.pid), { timeout: 5000 }).toEqual([])
})

describe('another process', () => {
  const owner = fileURLToPath(new URL('fixtures/owner.mjs', import.meta.url))
  const started: ChildProcess[] = []
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL')
  })

  async function start(act?: string): Promise<ChildProcess & { readonly pid: number }> {
    const child = spawn(process.execPath, [owner], {
      env: { ...process.env, ...(act === undefined ? {} : { ACT: act }) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    started.push(child)
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', () => resolve())
      child.once('exit', (code) => reject(new Error(`owner ended with ${code}`)))
    })
    return child as ChildProcess & { readonly pid: number }
  }

  async function kill(child: ChildProcess): Promise<void> {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }

  test('is left alone while it lives, and removed whole once it was killed', async () => {
    const child = await start('spin')
    const before = tracesOf(child.pid)
    expect(before.length).toBeGreaterThan(10)
    await local(options).cleanup()
    expect(tracesOf(child.pid)).toEqual(before)
    await kill(child)
    await local(options).cleanup({ olderThanMs: 3_600_000 })
    await local(options).cleanup()
    await expect.poll(() => tracesOf(child.pid), { timeout: 5000 }).toEqual([])
  })

  test('is removed by the next start', async () => {
    const child = await start()
    await kill(child)
    await using _lab = await TestLab.start(options)
    await expect.poll(() => tracesOf(child.pid), { timeout: 5000 }).toEqual([])
  })
})
