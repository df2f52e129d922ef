import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('fixtures/bed-with-instance.ts', import.meta.url))

test.each(['idle', 'busy'])('the %s instance of a bed that is killed ends too', async (state) => {
  const folder = await mkdtemp(join(tmpdir(), 'netfair-killed-'))
  const bed = spawn(process.execPath, [program, state], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TMPDIR: folder } })
  try {
    const [line] = await once(bed.stdout, 'data')
    const pid = Number(line)
    expect(isAlive(pid)).toBe(true)
    bed.kill('SIGKILL')
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
  } finally {
    bed.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
