import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { local } from '../../../../src/providers/local.ts'
import { TestLab, tracesOf } from '../lab.ts'
import { daemonOfThisFile, TestDaemon, useSocket } from './test-daemon.ts'

const options = { sharing: 'fifo', uplinkBitsPerSecond: 100e6, runner: 'docker' } as const
const daemon = daemonOfThisFile()

describe('another process that is killed', () => {
  const owner = fileURLToPath(new URL('fixtures/owner.mjs', import.meta.url))
  const started: ChildProcess[] = []
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL')
  })

  async function startOwner(): Promise<ChildProcess & { readonly pid: number }> {
    const child = spawn(process.execPath, [owner], { env: process.env, stdio: ['ignore', 'pipe', 'inherit'] })
    started.push(child)
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', () => resolve())
      child.once('exit', (code) => reject(new Error(`owner ended with ${code}`)))
    })
    return child as ChildProcess & { readonly pid: number }
  }

  test('with its daemon leaves no process after the next cleanup, which says what it could not look for', async () => {
    await using other = await TestDaemon.start()
    useSocket(other.socket)
    const { pid } = await startOwner()
    await other.kill()
    const ended = new Promise((resolve) => started[0]?.once('exit', resolve))
    process.kill(pid, 'SIGKILL')
    await ended
    const removed = await local(options).cleanup()
    expect(removed).toContainEqual(expect.stringMatching(new RegExp(`gone from ${other.socket}`)))
    expect(tracesOf(pid)).toEqual([])
  })

  test('leaves its containers to end by themselves, and the rest to the next start', async () => {
    useSocket(daemon.socket)
    const child = await startOwner()
    const { pid } = child
    expect(await daemon.client.listContainers()).toHaveLength(2)
    child.kill('SIGKILL')
    await expect.poll(() => daemon.client.listContainers({ all: true }), { timeout: 10_000 }).toEqual([])
    expect(await daemon.holds()).toHaveLength(1) // its image
    expect(tracesOf(pid)).not.toEqual([])
    await using _lab = await TestLab.start({ ...options, runner: 'process' })
    await expect.poll(() => tracesOf(pid), { timeout: 5000 }).toEqual([])
    expect(await daemon.holds()).toEqual([])
  })
})
