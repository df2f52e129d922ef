import type { ProbeCode } from '../model/probe.ts'
import type { Task } from '../model/task.ts'
import { findProbeCode } from '../probes/find-probe-code.ts'
import { list, refused } from './check-task.ts'

/**
 * The code of the task's probe: a built-in one, or from the module that the task names.
 * @throws InputError `TASK_REFUSED` when there is none, or only another version
 */
export async function resolveProbe(
  { name, version, module }: Task['probe'],
  builtIn: ReadonlyMap<string, ProbeCode<unknown, unknown>>,
): Promise<ProbeCode<unknown, unknown>> {
  const code = module === undefined ? builtIn.get(name) : await importProbe(module, name)
  if (code === undefined) throw refused(`it knows no probe "${name}"; built in: ${list([...builtIn.keys()])}`)
  if (code.version !== version) throw refused(`it has version ${code.version} of the probe "${name}", the task asks for ${version}`)
  return code
}

async function importProbe(module: string, name: string): Promise<ProbeCode<unknown, unknown> | undefined> {
  let exports: object
  try {
    exports = (await import(module)) as object
  } catch (error) {
    throw refused(`the probe module ${module} cannot be imported: ${error instanceof Error ? error.message : error}`)
  }
  return findProbeCode(exports, name)
}
