import { readdirSync, readFileSync, statSync } from 'node:fs'
import { RUN_VARIABLE } from './agent-child.ts'
import { runNameOf } from './run-name.ts'

/**
 * This user's processes that belong to runs, by the name of the run in their environment. So they are found where no cgroup and no
 * namespace of the host holds them. Nothing where there is no `/proc`: there they end with their standard input.
 */
export function taggedProcesses(): Map<string, number[]> {
  const byRun = new Map<string, number[]>()
  for (const pid of processes()) {
    const run = runOf(pid)
    if (run === undefined || pid === process.pid) continue
    byRun.set(run, [...(byRun.get(run) ?? []), pid])
  }
  return byRun
}

/** Numbers of all processes of this machine. */
export function processes(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

function runOf(pid: number): string | undefined {
  try {
    if (statSync(`/proc/${pid}`).uid !== process.getuid?.()) return undefined
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
    const prefix = `${RUN_VARIABLE}=`
    const tag = environment.find((entry) => entry.startsWith(prefix))
    return tag === undefined ? undefined : runNameOf(tag.slice(prefix.length))
  } catch {
    return undefined // ended meanwhile
  }
}
