import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const writing = (redirection: string): Promise<{ readonly stderr: string }> =>
  promisify(execFile)('sh', ['-c', `"$0" "$1" providers --json ${redirection}`, process.execPath, program])

test('a result that cannot be written is said, and is no success', async () => {
  const error: unknown = await writing('> /dev/full').catch((refusal: unknown) => refusal)
  expect(error).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/^netfair: The result cannot be written\. \[OUTPUT_FAILED\]\n.*ENOSPC/),
  })
  expect(error).toMatchObject({ stderr: expect.not.stringContaining('    at ') })
})

test('a reader that has seen enough is no error', async () => {
  expect(await writing('| head -c 1 > /dev/null')).toMatchObject({ stderr: '' })
})
