import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { InputError } from '../model/errors.ts'
import { defineExperiment, type Experiment, type ExperimentOptions } from '../run/experiment.ts'

/**
 * Loads an experiment file: a module whose default export is `defineExperiment({…})`. Node runs TypeScript as it is.
 *
 * @throws InputError `EXPERIMENT_NOT_FOUND`, `EXPERIMENT_UNREADABLE`, `NO_EXPERIMENT`, and what `defineExperiment` throws
 */
export async function loadExperiment(file: string): Promise<Experiment> {
  const path = resolve(file)
  if (!existsSync(path))
    throw new InputError('EXPERIMENT_NOT_FOUND', `There is no experiment file ${path}.`, { hint: 'Give the path of a .ts or .js file.' })
  const { default: experiment } = await importModule(path)
  if (typeof experiment !== 'object' || experiment === null)
    throw new InputError('NO_EXPERIMENT', `${path} has no experiment as its default export.`, {
      hint: 'Write `export default defineExperiment({…})`.',
    })
  return 'targets' in experiment ? (experiment as Experiment) : defineExperiment(experiment as ExperimentOptions)
}

async function importModule(path: string): Promise<{ default?: unknown }> {
  try {
    return (await import(pathToFileURL(path).href)) as { default?: unknown }
  } catch (error) {
    if (error instanceof Error && 'hint' in error) throw error
    throw new InputError('EXPERIMENT_UNREADABLE', `The experiment file ${path} cannot be loaded.`, {
      hint:
        error instanceof Error && /outside a module|require is not defined/.test(error.message)
          ? 'It must be an ES module: name it .mts, or set "type": "module" in the nearest package.json.'
          : 'Mend the file; `node` loads it as it is.',
      cause: error,
    })
  }
}
