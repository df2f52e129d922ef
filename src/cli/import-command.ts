import { existsSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { type Command, InvalidArgumentError } from 'commander'
import type { SourceFile } from '../import/iperf3-file.ts'
import { importIperf3 } from '../import/iperf3-journal.ts'
import { journalText } from '../journal/journal-text.ts'
import { InputError } from '../model/errors.ts'
import { toolVersion } from '../run/tool-version.ts'

interface ImportFlags {
  readonly out: string
  readonly memoryMb?: number
  readonly provider?: string
}

export function addImportCommand(program: Command): void {
  const importing = program.command('import').description('make a journal of what other tools have measured')
  importing
    .command('iperf3')
    .description('of outputs of `iperf3 --json`; those that overlap in time form one round')
    .argument('<files...>', 'one test a file, the client or the server side of it')
    .requiredOption('--out <journal>', 'the journal to write; an existing one is refused')
    .option('--memory-mb <number>', 'memory of the functions, where they had such a setting', positive)
    .option('--provider <name>', 'where they ran')
    .action(importFiles)
}

async function importFiles(paths: readonly string[], { out, ...known }: ImportFlags): Promise<void> {
  if (existsSync(out)) throw exists(out)
  const journal = importIperf3(await Promise.all(paths.map(sourceFile)), { ...known, toolVersion: toolVersion() })
  await write(out, journalText(journal))
  const failed = journal.samples.filter(({ outcome }) => outcome !== 'completed').length
  const note = failed > 0 ? `, ${failed} of them failed` : ''
  process.stdout.write(`${paths.length} tests in ${journal.rounds.length} rounds${note}: ${out}\n`)
}

async function sourceFile(path: string): Promise<SourceFile> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)])
    return { name: path, text, modifiedMs: mtimeMs }
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new InputError('FILE_UNREADABLE', `${path}: cannot be read (${reason}).`, { hint: 'Check the path.', cause })
  }
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw exists(path)
    throw new InputError('OUT_UNUSABLE', `The journal ${path} cannot be written.`, { hint: 'Name another one with `--out`.', cause })
  }
}

const exists = (path: string): InputError =>
  new InputError('JOURNAL_EXISTS', `The journal ${path} exists already.`, { hint: 'Name another one with `--out`, or remove it.' })

function positive(text: string): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new InvalidArgumentError('Memory is a number of MB above 0.')
}
