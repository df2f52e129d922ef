import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { taggedProcesses } from '../../../../src/providers/local/tagged-processes.ts'

/** Processes of the runs of one process: its agents, and its target with all its workers. */
export function childrenOf(owner: number): { readonly agents: number[]; readonly target: number[] } {
  const pids = [...taggedProcesses()].filter(([run]) => run.startsWith(`netfair-${owner}-`)).flatMap(([, numbers]) => numbers)
  const isAgent = (pid: number): boolean => commandOf(pid).includes('agents/local.mjs')
  return { agents: pids.filter(isAgent), target: pids.filter((pid) => !isAgent(pid)) }
}

/** What the runs of one process have left: processes and files. */
export function leftOf(owner: number): string[] {
  const { agents, target } = childrenOf(owner)
  const files = readdirSync(tmpdir()).filter((name) => name.startsWith(`netfair-${owner}-`))
  return [...files, ...[...agents, ...target].map((pid) => `process ${pid} ${commandOf(pid)}`)]
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return 'gone'
  }
}
