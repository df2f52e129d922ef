import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { InputError, MeasurementError } from '../model/errors.ts'
import type { Report } from '../model/report.ts'
import { demandExpectations } from '../report/check/expectations.ts'
import { reportJson } from '../report/json.ts'
import { renderPlan } from '../report/plan.ts'
import { renderReport } from '../report/table.ts'
import { analyze } from '../run/analyze.ts'
import { plan } from '../run/plan.ts'
import { run } from '../run/run.ts'
import { addCostMapFlags, type CostMapFlags, costMapOptions } from './cost-map-flags.ts'
import { interruptible } from './interruption.ts'
import { loadExperiment } from './load-experiment.ts'
import { createProgress } from './progress.ts'

interface RunFlags extends CostMapFlags {
  readonly out: string
  readonly resume?: true
  readonly overwrite?: true
  readonly dryRun?: true
  readonly quiet?: true
}

export function addRunCommand(program: Command): void {
  const command = program
    .command('run')
    .description('run an experiment file, write its journal and report, print the report')
    .argument('<experiment>', 'a .ts or .js file whose default export is defineExperiment({…})')
    .option('--out <dir>', 'folder for journal.ndjson and report.json', './netfair-results')
    .addOption(new Option('--resume', 'go on with the journal that is there').conflicts('overwrite'))
    .option('--overwrite', 'replace the journal that is there')
    .option('--dry-run', 'print cells, order, expected duration and quote; measure nothing')
    .option('--quiet', 'no progress')
  addCostMapFlags(command).action(runExperiment)
}

async function runExperiment(file: string, { out, resume, overwrite, dryRun, quiet, ...map }: RunFlags): Promise<void> {
  const experiment = await loadExperiment(file)
  if (dryRun) {
    process.stdout.write(renderPlan(plan(experiment)))
    return
  }
  await makeFolder(out)
  const progress = createProgress({ quiet: quiet ?? false })
  const options = {
    journal: join(out, 'journal.ndjson'),
    resume: resume ?? false,
    overwrite: overwrite ?? false,
    onProgress: progress.show,
  }
  const journal = await interruptible((signal) => run(experiment, { ...options, signal })).finally(progress.stop)
  const report = await analyze(journal, { costMap: costMapOptions(map) })
  process.stdout.write(renderReport(report, { color: process.stdout.isTTY === true }))
  await writeReport(join(out, 'report.json'), report)
  if (journal.samples.every(({ outcome }) => outcome !== 'completed'))
    throw new MeasurementError('NOTHING_MEASURED', 'Not one function could measure anything.', {
      hint: `See the errors of the samples in ${join(out, 'journal.ndjson')}.`,
    })
  // Those of the file: where a resumed journal has others, its experiment was changed since.
  demandExpectations(report, experiment.expectations ?? [])
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (cause) {
    throw new InputError('OUT_UNUSABLE', `The folder ${path} cannot be made.`, { hint: 'Name another one with `--out`.', cause })
  }
}

async function writeReport(path: string, report: Report): Promise<void> {
  try {
    await writeFile(path, reportJson(report))
  } catch (cause) {
    throw new MeasurementError('REPORT_WRITE_FAILED', `The report ${path} cannot be written.`, {
      hint: 'The journal beside it is complete: make room and run `netfair analyze` on it.',
      cause,
    })
  }
}
