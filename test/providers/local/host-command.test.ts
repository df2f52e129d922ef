import { expect, test } from 'vitest'
import { runHostCommand } from '../../../src/providers/local/host-command.ts'

test('a command is in a group of its own, where Ctrl-C at the terminal does not reach it', async () => {
  const isLeader = 'read -r pid name state parent group rest < /proc/self/stat; test "$group" = "$$"'
  await expect(runHostCommand('sh', ['-c', isLeader])).resolves.toBeUndefined()
})
