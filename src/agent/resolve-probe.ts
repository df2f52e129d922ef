import type { ProbeCode } from '../model/probe.ts'
import type { Task } from '../model/task.ts'
import { findProbeCode } from '../probes/find-probe-code.ts'
import { list, refused } from './check-task.ts'

/** Imports the module of a probe of one's own by the URL that the task names. */
export type ModuleImporter = (url: string) => Promise<object>

/**
 * The code of the task's probe: a built-in one, or from the module that the task names.
 * @throws InputError `TASK_REFUSED` when there is none, or only another version
 */
export async function resolveProbe(
  { name, version, module }: Task['probe'],
  builtIn: ReadonlyMap<string, ProbeCode<unknown, unknown>>,
  importModule: ModuleImporter = (url) => import(url),
): Promise<ProbeCode<unknown, unknown>> {
  const code = module === undefined ? builtIn.get(name) : findProbeCode(await imported(module, importModule), name)
  if (code === undefined) throw refused(`it knows no probe "${name}"; built in: ${list([...builtIn.keys()])}`)
  if (code.version !== version) throw refused(`it has version ${code.version} of the probe "${name}", the task asks for ${version}`)
  return code
}

async function imported(module: string, importModule: ModuleImporter): Promise<object> {
  try {
    return await importModule(module)
  } catch (error) {
    throw refused(`the probe module ${module} cannot be imported: ${error instanceof Error ? error.message : error}`)
  }
}
