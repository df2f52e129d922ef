import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { takeHostLock } from '../../src/run/host-lock.ts'
import { NOBODY, unprivileged } from '../providers/local/unprivileged.ts'

let number = 0
const newName = () => `netfair-test-${process.pid}-${number++}`

test('the second waits for the first, and says for whom', async () => {
  const name = newName()
  const first = await takeHostLock({ name })
  const holders: string[] = []
  const order: string[] = []
  const second = takeHostLock({
    name,
    onWaiting: (holder) => {
      holders.push(holder)
      order.push('waiting')
      void first.release().then(() => order.push('released'))
    },
  })
  await (await second).release()
  expect(holders).toEqual([`process ${process.pid}`])
  expect(order[0]).toBe('waiting')
})

test('only one of many holds it at a time', async () => {
  const name = newName()
  let holding = 0
  const turn = async () => {
    const lock = await takeHostLock({ name })
    expect(++holding).toBe(1)
    await new Promise((resolve) => setImmediate(resolve))
    holding--
    await lock.release()
  }
  await Promise.all(Array.from({ length: 12 }, turn))
})

test('gives up after its time, and names the holder', async () => {
  const name = newName()
  const lock = await takeHostLock({ name })
  await expect(takeHostLock({ name, timeoutMs: 100 })).rejects.toMatchObject({
    code: 'HOST_BUSY',
    message: expect.stringContaining(`process ${process.pid}`),
  })
  await lock.release()
  await (await takeHostLock({ name, timeoutMs: 100 })).release()
})

test('waiting can be aborted', async () => {
  const name = newName()
  const lock = await takeHostLock({ name })
  const controller = new AbortController()
  const second = takeHostLock({ name, signal: controller.signal, onWaiting: () => controller.abort(new Error('no longer')) })
  await expect(second).rejects.toThrow('no longer')
  await lock.release()
})

test('the lock of a killed process is free at once', async () => {
  const name = newName()
  const module = new URL('../../src/run/host-lock.ts', import.meta.url).href
  const script = `const { takeHostLock } = await import(${JSON.stringify(module)}); await takeHostLock({ name: ${JSON.stringify(name)} }); console.log('held'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const mine = takeHostLock({ name, timeoutMs: 10_000, onWaiting: () => child.kill('SIGKILL') })
  await (await mine).release()
  expect(child.killed).toBe(true)
})

test('the lock is the same for all users', async () => {
  const name = newName()
  using user = unprivileged()
  const script = `const { takeHostLock } = await import(${JSON.stringify(user.path('src/run/host-lock.ts'))}); await takeHostLock({ name: ${JSON.stringify(name)} }); console.log(process.getuid()); setInterval(() => {}, 1000)`
  const [program, ...args] = user.command(['--input-type=module', '-e', script])
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    expect(String((await once(child.stdout, 'data'))[0]).trim()).toBe(String(NOBODY))
    const holders: string[] = []
    const mine = await takeHostLock({
      name,
      timeoutMs: 10_000,
      onWaiting: (holder) => {
        holders.push(holder)
        child.kill('SIGKILL')
      },
    })
    await mine.release()
    expect(holders).toEqual([`process ${child.pid}`])
  } finally {
    child.kill('SIGKILL')
  }
})
