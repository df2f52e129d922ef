#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { MeasurementError } from '../model/errors.ts'
import { toolVersion } from '../run/tool-version.ts'
import { addAnalyzeCommand } from './analyze-command.ts'
import { addCleanupCommand } from './cleanup-command.ts'
import { addColocationCommand } from './colocation-command.ts'
import { addCompareCommand } from './compare-command.ts'
import { addDataCommand } from './data-command.ts'
import { exitCodeOf, explainError } from './exit-code.ts'
import { addImportCommand } from './import-command.ts'
import { addProvidersCommand } from './providers-command.ts'
import { addRunCommand } from './run-command.ts'
import { addServeCommand } from './serve-command.ts'

const program = new Command('netfair')
  .description('Do serverless functions get their fair share of the network?')
  .version(toolVersion())
  .exitOverride()
  .showHelpAfterError('(see netfair --help)')

addRunCommand(program)
addAnalyzeCommand(program)
addCompareCommand(program)
addColocationCommand(program)
addImportCommand(program)
addServeCommand(program)
addDataCommand(program)
addProvidersCommand(program)
addCleanupCommand(program)

// A reader that has seen enough (`netfair analyze … | head`) is no error.
process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
  if (cause.code === 'EPIPE') return
  const hint = 'See whether the disk is full; what was measured is in the journal.'
  process.stderr.write(`${explainError(new MeasurementError('OUTPUT_FAILED', 'The result cannot be written.', { hint, cause }))}\n`)
  process.exitCode = 3
})

try {
  await program.parseAsync()
} catch (error) {
  // Commander has printed its own message.
  if (!(error instanceof CommanderError)) process.stderr.write(`${explainError(error)}\n`)
  process.exitCode ||= exitCodeOf(error)
}
