import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type StartedTarget, startTarget } from '../../src/server/target.ts'
import { type AwsBed, startAwsBed } from '../test-bed/aws.ts'

const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const command = (...args: string[]) => [fileOf('../../src/cli/main.ts'), ...args]

let folder: string
let bed: AwsBed
let target: StartedTarget
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cloud-cleanup-'))
  target = await startTarget({ port: 0, httpPort: 0, processes: 1 })
  bed = await startAwsBed()
})
afterAll(async () => {
  await bed[Symbol.asyncDispose]()
  await target.dispose()
  rmSync(folder, { recursive: true })
})

function start(args: readonly string[]) {
  const environment = { TEST_ROLE_ARN: bed.roleArn, TEST_TARGET: JSON.stringify(target.target) }
  return spawn(process.execPath, args, { env: { ...process.env, ...bed.environment, ...environment } })
}

async function cleanup(...args: string[]): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = start(command('cleanup', '--provider', 'aws', '--region', bed.region, ...args))
  let said = ''
  for (const output of [child.stdout, child.stderr]) output.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said }
}

test('a run on a cloud that is killed leaves functions, which cleanup finds by their tags; a live one keeps them', async () => {
  const running = start(command('run', fileOf('fixtures/aws-experiment.ts'), '--out', join(folder, 'results'), '--overwrite'))
  let said = ''
  for (const output of [running.stdout, running.stderr]) output.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = once(running, 'exit')
  try {
    await expect.poll(() => said, { timeout: 40_000, interval: 50 }).toContain('1/120')
    const made = bed.remains()
    expect(made).toHaveLength(2)
    expect(await cleanup()).toEqual({ code: 0, said: 'Nothing was left behind.\n' })
    expect(bed.remains()).toEqual(made)
    running.kill('SIGKILL')
    await ended
    expect(bed.remains()).toEqual(made)
    expect(await cleanup('--older-than', '1h')).toEqual({ code: 0, said: 'Nothing was left behind.\n' })
    const removal = await cleanup()
    expect(removal.code, removal.said).toBe(0)
    for (const name of made) expect(removal.said).toContain(name.split('/').at(-1))
    expect(bed.remains()).toEqual([])
  } finally {
    running.kill('SIGKILL')
  }
})
